"""Whatever a manifest says: the Dockerfile made of it, read by BuildKit's parser and a shell, holds those
very values, or the manifest is refused."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import dockerfile
from hypothesis import event, given
from hypothesis import strategies as st

from shipyard.compile.builds import compile_builds
from shipyard.errors import ShipyardError
from shipyard.manifest import load
from shipyard.manifest.write import dumps

HOSTILE = st.text(st.sampled_from(" \t'\"\\$`|&;<>*?#!(){}[]=~,:@+-._/%\u00e9\U0001f600ab0"), max_size=8)
TEXTS = st.one_of(HOSTILE, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
PACKAGES = st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,6}(:[a-z]{1,4})?(=[A-Za-z0-9.+:~-]{1,6})?", fullmatch=True)
FOLDERS = st.one_of(st.from_regex(r"[a-z+@_.:-]{1,6}", fullmatch=True), TEXTS).map(
    lambda text: "p" + re.sub(r"[/\0]", "", text)
)
USERS = st.one_of(st.from_regex(r"[0-9a]{1,2}(:[0-9a]{1,2})?", fullmatch=True), TEXTS)
COMMANDS = ("chmod", "chown", "cp", "env", "find", "mkdir", "python", "rm", "touch")
FUNCTIONS = (
    "\n".join(f'{name}() {{ printf "%s\\0" "$#" {name} "$@"; }}' for name in COMMANDS) + "\ncat() { :; }"
)


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """A Django service in a folder of its own. One value in a few is wild, so that not all is refused."""
    wild = draw(st.sampled_from(["path", "package", "app", "user", "target", "name", "command", "none"]))
    names = st.from_regex(r"[A-Z_][A-Z0-9_.]{0,5}", fullmatch=True)
    targets = st.from_regex(r"/[a-z]{1,5}(/[a-z ',$]{0,5}z)?", fullmatch=True)
    command = {"command": draw(st.lists(TEXTS, min_size=1, max_size=3))} if wild == "command" else {}
    return {
        **command,
        "path": draw(FOLDERS if wild == "path" else st.just("shop")),
        "context": ".",
        "app": draw(TEXTS if wild == "app" else st.just("shop.wsgi:application")),
        "user": draw(USERS if wild == "user" else st.just("10001")),
        "env": draw(st.dictionaries(TEXTS if wild == "name" else names, TEXTS, max_size=3)),
        "volumes": draw(
            st.lists(TEXTS.map("/{}".format) if wild == "target" else targets, max_size=3, unique=True)
        ),
        "build": {
            "packages": draw(st.lists(TEXTS if wild == "package" else PACKAGES, max_size=3)),
            "build_packages": draw(st.lists(PACKAGES, max_size=2)),
        },
    }


SOURCES = {
    "requirements.txt": "django==5.2.1\ngunicorn==23.0.0\n",
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/settings.py": "STATIC_ROOT = 'x'\nINSTALLED_APPS = ['django.contrib.staticfiles']\n",
    "shop/wsgi.py": "application = None\n",
}


def compiled(root: Path, service: dict[str, Any]) -> tuple[Any, Any, Any]:
    """(the declared service, what was detected, its build plan). Raises ShipyardError where it is refused."""
    for name, text in SOURCES.items():
        try:
            file = root / service["path"] / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        except OSError:
            # The file system has its own limits to a name.
            break
    (root / "shipyard.toml").write_text(dumps({"name": "a", "services": {"web": service}}))
    manifest = load(root, stage=None, instance=None, environ={}).manifest
    return manifest.services[0], *compile_builds(manifest)["web"]


def shell_commands(script: str, folder: Path) -> list[list[str]]:
    """The words of each command that /bin/sh runs; none is run, and no file is matched or overwritten."""
    stub = folder / "apt-get"  # a name that no function can have
    if not stub.exists():
        stub.write_text('#!/bin/sh\nprintf "%s\\0" "$#" apt-get "$@"\n')
        stub.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-fCc", f"{FUNCTIONS}\n{script}"],
        cwd=folder,
        env={"PATH": str(folder)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    words, found = done.stdout.decode().split("\0")[:-1], []
    while words:
        end = int(words[0]) + 2
        found.append(words[1:end])
        words = words[end:]
    return found


def check(service: Any, detected: Any, text: str, folder: Path) -> None:
    """The Dockerfile's instructions are those of the recipe, with the declared values in their places."""
    lines = dockerfile.parse_string(text)
    build = service.build
    packages, build_packages = (list(dict.fromkeys(one)) for one in (build.packages, build.build_packages))
    points = [mount.target for mount in service.volumes]
    system = bool(packages or build_packages)
    outside = any(not point.startswith("/app/") for point in points)
    assert [line.cmd for line in lines] == [
        *("FROM", "ENV", *(["FROM", "RUN"] * 3), "FROM", "COPY", "COPY", "COPY", "COPY"),
        *("FROM", *(["RUN"] if build_packages else []), "RUN", *(["FROM", "RUN"] if system else [])),
        *("FROM", "RUN", "FROM", *(["ENV"] if system else []), "RUN", "FROM", "ENV", "COPY", "COPY", "COPY"),
        *(["COPY"] if outside else []),
        *("COPY", "WORKDIR", "COPY", "USER", *(["EXPOSE", "CMD"] if service.command is None else [])),
    ]
    assert [line.cmd for line in lines if line.heredocs] == ["COPY", "COPY", "COPY", "COPY"], (
        "the scripts that the recipe brings"
    )
    last = {line.cmd: line.value for line in lines}
    top = f"/app/{service.path}"
    assert last["WORKDIR"] == (top,)
    # A declared command is the container's, not the image's.
    assert last.get("CMD") == detected.command
    assert service.command is not None or service.app in last["CMD"]
    numeric = service.user if re.fullmatch(r"\d+(:\d+)?", service.user) else "10001:10001"
    owner = numeric if ":" in numeric else f"{numeric}:{numeric}"
    assert last["USER"] == (owner,)

    runs = [line for line in lines if line.cmd == "RUN"]
    installs = [
        [one for one in words[words.index("--no-install-recommends") + 1 :] if one != "--no-upgrade"]
        for line in runs
        if "apt-get" in line.value[0]
        for words in shell_commands(line.value[0], folder)
        if words[:2] == ["apt-get", "install"]
    ]
    assert installs == [*([build_packages] if build_packages else []), *([packages] if system else [])]

    source = next(line for line in runs if "/context" in line.value[0])
    words = shell_commands(source.value[0], folder)
    found = {tuple(one) for one in words}
    for point in points:
        place = point if point.startswith("/app/") else f"/points{point}"
        if point != "/app":
            assert {("mkdir", "-p", place), ("chown", owner, place)} <= found
    collect = next(one for one in words if one[0] == "env")
    assert collect[:3] == ["env", "-C", top]
    python, script, *command = collect[-7:]
    assert (python, script) == ("/opt/venv/bin/python", "/collected.py")
    assert command == ["manage.py", "collectstatic", "--noinput", "-v", "0"]
    given_names = [word.partition("=")[0] for word in collect[3:-7]]
    assert given_names == sorted({"SECRET_KEY", *(name for name in service.env if name[0] != "-")})
    assert not any(word.startswith("-") for word in collect[3:-7])
    deps = next(line for line in runs if "uv pip" in line.value[0])
    assert (
        f"--mount=type=bind,source={service.path}/requirements.txt,target=/p/requirements.txt" in deps.flags
    )


@given(services())
def test_a_dockerfile_says_what_was_declared_or_is_refused(service: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        root.mkdir()
        try:
            declared, detected, plan = compiled(root, service)
        except ShipyardError:
            event("refused")
            return
        event("made")
        check(declared, detected, plan.dockerfile, Path(place))
