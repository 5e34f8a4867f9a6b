"""What failed steps print, and the cause that follows from it."""

from __future__ import annotations

import pytest

from shipyard.diagnosis.build import build_findings


@pytest.mark.parametrize(
    ("said", "cause", "hint"),
    [
        (
            "E: Failed to fetch http://mirror.example.com/pool/main/c/curl_7.88_amd64.deb  404  Not Found",
            "package lists that name what the archive no longer has",
            "shipyard build --no-cache",
        ),
        (
            "  x No solution found when resolving dependencies:\n"
            "  -> Because djangoo was not found in the package registry and you require djangoo",
            "there is no package djangoo",
            "slip in its name",
        ),
        (
            "Because there is no version of django==99.0 and you require django==99.0",
            "there is no version django==99.0",
            "slip in the version",
        ),
        ("invalid peer certificate: UnknownIssuer", "does not trust the certificate", "ca_certificates"),
        ("Hash mismatch for `six==1.17.0`", "not what the lock says", "lock anew"),
        ("write /x: no space left on device", "disk is full", "prune"),
        ("dns error: failed to lookup address information", "no name service", "daemon.json"),
        ("HTTP status client error (401 Unauthorized)", "wants another login", "docker login"),
        (
            'File "/opt/venv/lib/python3.13/site-packages/django/core/management/__init__.py", line 1\n'
            "ModuleNotFoundError: No module named 'environ'",
            "environ is imported while static files are collected",
            "static = false",
        ),
        (
            'File "/opt/venv/lib/python3.13/site-packages/django/core/management/__init__.py", line 1\n'
            "django.core.exceptions.ImproperlyConfigured: SECRET_KEY is too short\n",
            "collected: django.core.exceptions.ImproperlyConfigured: SECRET_KEY is too short",
            "stand-ins",
        ),
        ("error: cannot run ssh: No such file or directory", "git wants a login", '"NETRC"'),
        ("fatal: could not read Username for 'https://git.example.com'", "git wants a login", '"NETRC"'),
        ("Error: pg_config executable not found.", "lacks libpq-dev", '"libpq-dev", "gcc"'),
        (
            "lxml/x.c:9: fatal error: libxml/xpath.h: No such file or directory",
            "lacks libxml/xpath.h",
            "-dev",
        ),
        ("error: [Errno 2] No such file or directory: 'gcc'", "no compiler", "build-essential"),
        ("error: command 'gcc' failed: No such file or directory", "no compiler", "build-essential"),
        (
            "  x Failed to build `orjson==3.10.0`\n  Cargo, the Rust package manager, is not installed",
            "orjson==3.10.0 is built from its source, which failed",
            "build_packages",
        ),
        (
            "x No solution found when resolving dependencies:\n  your requirements are unsatisfiable.",
            "cannot be installed together",
            "loosen",
        ),
        ("parent snapshot sha256:1 does not exist: not found", "cache is damaged", "builder prune"),
        ('process "/bin/sh -c x" did not complete successfully: exit code: 137', "was killed", "memory"),
    ],
)
def test_a_cause_and_what_mends_it(said: str, cause: str, hint: str) -> None:
    first = build_findings(said.splitlines())[0]
    assert cause in first.cause
    assert hint in first.hint


@pytest.mark.parametrize("said", ["", "error: my own", "Collecting xmlsec", "\x00\ud800"])
def test_nothing_is_guessed(said: str) -> None:
    assert build_findings([said]) == ()
