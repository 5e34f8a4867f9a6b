"""Why a build failed, by the last lines of the step that did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shipyard.diagnosis.findings import Finding

_LACKS = (
    (r"pg_config executable not found", ("libpq-dev", "gcc")),
    (
        r"mysql_config.*not found|find valid pkg-config name",
        ("default-libmysqlclient-dev", "pkg-config", "gcc"),
    ),
    (r"ffi\.h: No such file", ("libffi-dev", "gcc")),
    (r"openssl/\w+\.h: No such file", ("libssl-dev", "gcc")),
    (r"xmlsec1 is not installed", ("libxmlsec1-dev", "pkg-config", "gcc")),
)
"""What a compiler misses, and the Debian packages that bring it."""


_LOGIN = r"\b401 Unauthorized|\b403 Forbidden"
_SAID = (
    (
        r"UnknownIssuer|CERTIFICATE_VERIFY_FAILED|self.signed certificate",
        "the build does not trust the certificate of the server that it downloads from",
        'a company\'s proxy or index has an authority of its own: ca_certificates = "FILE.pem" at the top of '
        "shipyard.toml trusts it",
    ),
    (
        r"[Hh]ash mismatch|THESE PACKAGES DO NOT MATCH THE HASHES",
        "what was downloaded is not what the lock says",
        "lock anew if the index changed; if it should not have, ask who runs it",
    ),
    (
        r"[Nn]o space left on device",
        "the engine's disk is full",
        "`docker builder prune` and `shipyard prune` free it",
    ),
    (
        r"dns error|Temporary failure in name resolution|failed to lookup address",
        "the build has no name service, or no network",
        "`docker run --rm IMAGE getent hosts NAME` tries it; dns in daemon.json sets it",
    ),
    (
        _LOGIN,
        "the server that it downloads from wants another login",
        '`docker login` for an image; for packages, build = { secrets = ["NETRC"] } in the service'
        " hands it the login of the index",
    ),
    (
        r"cannot run ssh|Host key verification failed|Permission denied \(publickey"
        r"|could not read Username for",
        "git wants a login for the repository of a dependency",
        'build = { secrets = ["NETRC"] } in the service hands it one for that host, and fetches over https '
        "what is declared over ssh too",
    ),
    (
        r"parent snapshot .* does not exist|failed to compute cache key|blob .* not found",
        "the builder's cache is damaged or was pruned meanwhile",
        "run it again; `docker builder prune -af` empties the cache",
    ),
    (
        r"Failed to fetch \S+ +404|Unable to fetch some archives",
        "the builder's cache has package lists that name what the archive no longer has",
        "`shipyard build --no-cache` fetches them anew; in a Dockerfile of your own, `apt-get update` and "
        "`apt-get install` belong into one RUN",
    ),
    (
        r"did not complete successfully: exit code: 137|^Killed$",
        "a step was killed, most likely because memory ran out",
        "give the engine more memory, or build where there is more",
    ),
)
"""What is said, as a pattern; the cause; what mends it."""


def build_findings(lines: Sequence[str]) -> tuple[Finding, ...]:
    """Causes, the surest first; none where nothing is known."""
    return tuple(dict.fromkeys(_found("\n".join(lines))))


def _found(text: str) -> Iterator[Finding]:
    named = re.search(
        r"[Bb]ecause ([\w.-]+) was not found in the (?:package registry|provided package)", text
    )
    named = named or re.search(r"No matching distribution found for (\S+)", text)
    # An index that wants a login is taken for one that has nothing.
    if named and not re.search(_LOGIN, text):
        yield Finding(
            cause=f"there is no package {named[1]} where packages come from",
            hint="look for a slip in its name, or for the index that has it",
        )
    elif version := re.search(r"there (?:is|are) no versions? of ([\w.\[\]-]+[^\s,]*)", text):
        yield Finding(
            cause=f"there is no version {version[1]}",
            hint="look for a slip in the version, or for one that this Python can use",
        )
    elif "requirements are unsatisfiable" in text or "ResolutionImpossible" in text:
        yield Finding(
            cause="what is asked for cannot be installed together",
            hint="loosen one of the versions that it names above, and lock anew",
        )
    yield from _compiled(text)
    yield from _collected(text)
    for said, cause, hint in _SAID:
        if re.search(said, text, re.MULTILINE):
            yield Finding(cause=cause, hint=hint)


def _collected(text: str) -> Iterator[Finding]:
    """Django, whose settings are loaded to collect static files."""
    if "/django/core/management/" not in text:
        return
    out = "build = { static = false } collects nothing"
    if missing := re.findall(r"ModuleNotFoundError: No module named '([\w.]+)'", text):
        yield Finding(
            cause=f"{missing[-1]} is imported while static files are collected, and is not installed",
            hint="add what brings it to the project's dependencies (not to those for development), or name "
            "its group: build = { groups = [...] }; where other settings are meant, "
            f'env = {{ DJANGO_SETTINGS_MODULE = "..." }} says so; {out}',
        )
    elif stopped := re.findall(r"^[\w.]*(?:Error|Exception|ImproperlyConfigured)\b.*", text, re.MULTILINE):
        yield Finding(
            cause=f"the project stops while its static files are collected: {stopped[-1]}",
            hint="settings are loaded there with stand-ins for the variables and secrets that they read; "
            f"{out}",
        )


def _compiled(text: str) -> Iterator[Finding]:
    for said, packages in _LACKS:
        if re.search(said, text):
            names = ", ".join(f'"{name}"' for name in packages)
            yield Finding(
                cause=f"a package is compiled, and the builder lacks {packages[0]}",
                hint=f"add build = {{ build_packages = [{names}] }}, or take a package that brings binaries",
            )
            return
    if header := re.search(r"(\S+\.h(?:pp)?): No such file or directory", text):
        yield Finding(
            cause=f"a package is compiled, and the builder lacks {header[1]}",
            hint="add the Debian -dev package that has it: build = { build_packages = [...] }",
        )
    elif re.search(
        r"(?:command|execute) '?(?:\S*gcc|cc|g\+\+)'? ?(?:failed|: No such)"
        r"|No such file.*'(?:\S*gcc|cc|[cg]\+\+)'",
        text,
    ):
        yield Finding(
            cause="a package is compiled, and the builder has no compiler",
            hint='add build = { build_packages = ["build-essential"] }, with -dev packages of the libraries',
        )
    elif package := re.search(r"Failed to (?:download and )?build `([^`]+)`", text):
        yield Finding(
            cause=f"{package[1]} is built from its source, which failed",
            hint='name what that takes: build = { build_packages = ["build-essential"] }, with -dev packages '
            "of the libraries that it links to; or take a version that brings binaries for this Python",
        )
