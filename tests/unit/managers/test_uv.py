"""uv.lock: only what the project itself installs counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.managers.uv import Uv
from shipyard.model.dependencies import Dependency
from shipyard.model.manifest import Build

Read = Callable[..., Any]
Refused = Callable[..., str]

PROJECT = """\
[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.12"
dependencies = ["fastapi[standard]>=0.115,<1"]

[dependency-groups]
dev = ["pytest"]
"""
LOCK = """\
version = 1
requires-python = ">=3.12"

[[package]]
name = "fastapi"
version = "0.115.0"
source = { registry = "https://one.example/simple" }
sdist = { url = "https://one.example/fastapi.tar.gz", hash = "sha256:f0" }
wheels = [{ url = "https://one.example/fastapi.whl", hash = "sha256:f1" }]

[package.optional-dependencies]
standard = [{ name = "uvicorn" }]

[[package]]
name = "pytest"
version = "8.0.0"
source = { registry = "https://one.example/simple" }

[[package]]
name = "shop"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "fastapi", extra = ["standard"] }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[package.metadata]
requires-dist = [{ name = "fastapi", extras = ["standard"], specifier = ">=0.115,<1" }]

[[package]]
name = "uvicorn"
version = "0.34.0"
source = { git = "https://example.com/uvicorn?rev=1#abc" }
"""


def project(lock: str = LOCK, text: str = PROJECT) -> dict[str, str]:
    return {"uv.lock": lock, "pyproject.toml": text}


def test_the_closure_of_the_project_with_extras_and_without_groups(read: Read) -> None:
    found = read(Uv(), project())
    assert dict(found.packages) == {
        "fastapi": Dependency(name="fastapi", version="0.115.0", where="uv.lock:5", source=True),
        "uvicorn": Dependency(name="uvicorn", version="0.34.0", where="uv.lock:32"),
    }
    assert (found.requires_python, found.requires_python_where) == (">=3.12", "pyproject.toml")
    assert found.install.files == ("pyproject.toml", "uv.lock")
    assert "--locked" in found.install.reduce[0]
    # uv takes nothing from git where every package needs a hash; it is pinned by its commit.
    assert (found.install.git, found.install.install) == (True, ("sync", "/lock/pylock.toml"))
    without = read(
        Uv(), project(LOCK.replace('git = "https://example.com/uvicorn?rev=1#abc"', 'registry = "x"'))
    )
    assert without.install.install == ("sync", "--require-hashes", "/lock/pylock.toml")
    assert not without.install.git


def test_facts_are_what_decides_the_installed_bytes(read: Read) -> None:
    assert read(Uv(), project()).install.facts == (
        "fastapi 0.115.0 registry sha256:f0 sha256:f1",
        'uvicorn 0.34.0 {"git": "https://example.com/uvicorn?rev=1#abc"}',
        '[] -> {"extra": ["standard"], "name": "fastapi"}',
        'fastapi[standard] -> {"name": "uvicorn"}',
    )


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('version = "1.0.0"', 'version = "1.0.1"', True),
        ('version = "8.0.0"', 'version = "8.0.1"', True),
        ("one.example", "other.example", True),
        ('dev = [{ name = "pytest" }]', "dev = []", True),
        ("sha256:f1", "sha256:f2", False),
        ("rev=1#abc", "rev=2#abd", False),
        ('"0.34.0"', '"0.34.1"', False),
        ('{ name = "uvicorn" }', '{ name = "uvicorn", marker = "os_name == \'nt\'" }', False),
    ],
)
def test_what_changes_nothing_installed_changes_no_fact(read: Read, old: str, new: str, same: bool) -> None:
    assert old in LOCK
    before = read(Uv(), project()).install
    after = read(Uv(), project(LOCK.replace(old, new), PROJECT.replace(old, new))).install
    assert (after == before) is same


def test_several_versions_of_one_package(read: Read) -> None:
    two = "".join(
        f'[[package]]\nname = "uvicorn"\nversion = "{version}"\nsource = {{ registry = "x" }}\n'
        for version in ("0.34.0", "0.33.0")
    )
    lock = LOCK.partition('[[package]]\nname = "uvicorn"')[0] + two
    assert len(read(Uv(), project(lock)).install.facts) == 5
    one = lock.replace('[{ name = "uvicorn" }]', '[{ name = "uvicorn", version = "0.33.0" }]')
    found = read(Uv(), project(one))
    assert found.packages["uvicorn"].version == "0.33.0"
    assert len(found.install.facts) == 4


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (project(lock="[[package"), "uv.lock: not valid TOML: "),
        (project(text="x ="), "pyproject.toml: not valid TOML: "),
        (project(text="[tool.uv]\n"), "uv.lock: uv.lock stands beside no pyproject.toml with a [project]"),
        ({"uv.lock": LOCK}, "uv.lock: uv.lock stands beside no pyproject.toml with a [project] table"),
        (
            project(LOCK.replace("virtual", "other")),
            "uv.lock: the lock does not hold this project\n  -> run `uv lock` in its folder",
        ),
        (
            project(text=PROJECT.replace("fastapi[standard]", "!fastapi")),
            "pyproject.toml: '!fastapi>=0.115,<1' is not a requirement",
        ),
        (
            project(text=PROJECT.replace(">=0.115", ">=0.116")),
            "uv.lock: the lock is out of date with pyproject.toml\n"
            "  pyproject.toml asks for fastapi[standard]>=0.116,<1\n"
            "  uv.lock was made for fastapi<1,>=0.115\n"
            "  -> run `uv lock` in its folder",
        ),
    ],
)
def test_what_cannot_be_used(refused: Refused, files: dict[str, str], told: str) -> None:
    assert refused(Uv(), files).startswith(told)


def test_names_are_compared_as_installers_compare_them(read: Read) -> None:
    text = PROJECT.replace('"fastapi[standard]>=0.115,<1"', '"FastAPI[standard] < 1, >= 0.115"')
    assert "fastapi" in read(Uv(), project(text=text)).packages


def test_chosen_extras_and_groups(read: Read) -> None:
    lock = LOCK.replace(
        "[package.dev-dependencies]",
        '[package.optional-dependencies]\nweb_ui = [{ name = "uvicorn" }]\n\n[package.dev-dependencies]',
    ).replace('standard = [{ name = "uvicorn" }]', "standard = []")
    plain = read(Uv(), project(lock))
    assert sorted(plain.packages) == ["fastapi"]
    found = read(Uv(), project(lock), build=Build(extras=("web-ui",), groups=("Dev",)))
    assert sorted(found.packages) == ["fastapi", "pytest", "uvicorn"]
    assert found.install.reduce[0].startswith(
        "uv export -q --project /p --locked --no-default-groups --extra web-ui --group Dev --no-emit-project "
    )
    assert found.install.facts != plain.install.facts


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (Build(extras=("x",)), "uv.lock: the lock has no extra 'x'\n  extras: it has none"),
        (Build(groups=("x",)), "uv.lock: the lock has no group 'x'\n  groups: dev"),
        (Build(exclude_newer="2024-05-01"), "uv.lock: exclude_newer dates a project without a lock"),
    ],
)
def test_what_is_not_in_the_lock(refused: Refused, build: Build, told: str) -> None:
    assert refused(Uv(), project(), build=build).startswith(told)


def test_an_archive_of_the_project(refused: Refused) -> None:
    lock = LOCK.replace('git = "https://example.com/uvicorn?rev=1#abc"', 'path = "wheels/uvicorn.whl"')
    assert refused(Uv(), project(lock)).startswith("uv.lock:32: uvicorn is an archive of the project")


def test_dependencies_that_only_the_backend_knows(read: Read) -> None:
    text = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'
    assert "fastapi" in read(Uv(), project(text=text)).packages


def test_a_lock_above_counts_for_its_members_alone(tmp_path: Path) -> None:
    files = {"uv.lock": LOCK, "a/b/pyproject.toml": "", "c/pyproject.toml": "", "a/x/pyproject.toml": ""}
    root = '[tool.uv.workspace]\nmembers = ["a/*"]\nexclude = ["a/x"]\n'
    tree = write_tree(tmp_path, files | {"pyproject.toml": root})
    assert Uv().evidence(tree, "a/b") == "../../uv.lock"
    assert Uv().evidence(tree, "c") is None
    assert Uv().evidence(tree, "a/x") is None
    assert Uv().evidence(tree, ".") == "uv.lock"


def test_a_member_that_asks_for_more_than_the_lock_holds(refused: Refused, read: Read) -> None:
    lock = LOCK.replace('git = "https://example.com/uvicorn?rev=1#abc"', 'editable = "packages/uvicorn"')
    member = '[project]\nname = "uvicorn"\nversion = "1"\ndependencies = ["httpx"]\n'
    files = project(lock) | {"packages/uvicorn/pyproject.toml": member}
    told = refused(Uv(), files)
    assert told.startswith("uv.lock: the lock is out of date with packages/uvicorn/pyproject.toml")
    assert "packages/uvicorn/pyproject.toml asks for httpx" in told
    files["packages/uvicorn/pyproject.toml"] = member.replace('["httpx"]', "[]")
    assert "fastapi" in read(Uv(), files).packages


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "[dependency-groups]",
            '[tool.uv.sources]\nfastapi.git = "x"\n[dependency-groups]',
            "fastapi from git",
        ),
        ('dev = ["pytest"]', 'dev = ["pytest", "Redis>=5"]', "group dev asks for redis"),
    ],
)
def test_what_is_no_longer_as_it_was_locked(
    refused: Refused, read: Read, old: str, new: str, told: str
) -> None:
    lock = LOCK.replace("requires-dist =", 'requires-dev = { dev = [{ name = "pytest" }] }\nrequires-dist =')
    build = Build(groups=("dev",))
    assert "pytest" in read(Uv(), project(lock), build=build).packages
    assert told in refused(Uv(), project(lock, PROJECT.replace(old, new)), build=build)


def test_files_that_say_what_is_dynamic_are_there_for_the_lock(read: Read) -> None:
    text = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'
    text += '[tool.setuptools.dynamic]\ndependencies = { file = ["requirements.in"] }\n'
    files = project(text=text) | {"requirements.in": "fastapi\n", "setup.cfg": ""}
    assert read(Uv(), files).install.files == ("pyproject.toml", "uv.lock", "setup.cfg", "requirements.in")
