"""Locks as the managers themselves wrote them: exactly what is wanted of them is installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipyard.managers import Manager
from shipyard.managers.pdm import Pdm
from shipyard.managers.pipenv import Pipenv
from shipyard.managers.poetry import Poetry
from shipyard.model.manifest import PLAIN, Build

Read = Callable[..., Any]
Refused = Callable[..., str]

LOCKS = Path(__file__).parent / "locks"
FAST, JOBS = Build(extras=("Fast",)), Build(groups=("jobs",))
DEV = Build(groups=("dev",))


def project(name: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in (LOCKS / name).iterdir()}


def requirements(found: Any) -> dict[str, str]:
    """What is installed by hash, without the hashes, by name."""
    lines = dict(found.install.texts).get("requirements.txt", ())
    firsts = [line.removesuffix(" \\") for line in lines if line[0] not in " -"]
    return {re.split(r"[ =]", line)[0]: line for line in firsts}


OLD_POETRY = {"click": "click==8.5.1", "itsdangerous": "itsdangerous==2.2.0", "jinja2": "jinja2==3.1.6"}
OLD_POETRY |= {"markupsafe": "markupsafe==3.0.4"}


@pytest.mark.parametrize(
    ("name", "manager", "build", "expected"),
    [
        ("poetry-2.1", Poetry(), PLAIN, {"click", "itsdangerous"}),
        ("poetry-2.1", Poetry(), FAST, {"click", "itsdangerous", "six"}),
        ("poetry-2.1", Poetry(), JOBS, {"click", "itsdangerous", "markupsafe"}),
        ("poetry-2.1", Poetry(), DEV, {"click", "itsdangerous", "iniconfig"}),
        ("poetry-2.0", Poetry(), PLAIN, {"click", "itsdangerous", "jinja2", "markupsafe"}),
        ("poetry-2.0", Poetry(), FAST, {"click", "itsdangerous", "jinja2", "markupsafe", "six"}),
        ("poetry-2.0", Poetry(), JOBS, {"click", "itsdangerous", "jinja2", "markupsafe", "tqdm"}),
        ("poetry-2.0", Poetry(), DEV, {"click", "itsdangerous", "jinja2", "markupsafe", "iniconfig"}),
        ("poetry-1.1", Poetry(), PLAIN, {"click", "itsdangerous", "jinja2", "markupsafe"}),
        ("poetry-1.1", Poetry(), FAST, {"click", "itsdangerous", "jinja2", "markupsafe", "six"}),
        ("poetry-1.1", Poetry(), DEV, {"click", "itsdangerous", "jinja2", "markupsafe", "iniconfig"}),
        ("pdm", Pdm(), PLAIN, {"click", "itsdangerous"}),
        ("pdm", Pdm(), FAST, {"click", "itsdangerous", "six"}),
        ("pdm", Pdm(), JOBS, {"click", "itsdangerous", "markupsafe"}),
        ("pdm-no-inherit", Pdm(), PLAIN, {"click", "itsdangerous"}),
        ("pdm-no-inherit", Pdm(), FAST, {"click", "itsdangerous", "six"}),
        ("pdm-no-inherit", Pdm(), JOBS, {"click", "itsdangerous", "markupsafe"}),
        ("pipenv", Pipenv(), PLAIN, {"click", "itsdangerous"}),
        ("pipenv", Pipenv(), JOBS, {"click", "itsdangerous", "six"}),
        ("pipenv", Pipenv(), DEV, {"click", "itsdangerous", "iniconfig"}),
    ],
)
def test_exactly_what_is_wanted(
    read: Read, name: str, manager: Manager, build: Build, expected: set[str]
) -> None:
    found = read(manager, project(name), build=build)
    assert found.packages.keys() == requirements(found).keys() == expected
    # Pipenv names no files; the others publish a source distribution each.
    source = None if manager.name == "pipenv" else True
    assert {(one.source, bool(one.wheels)) for one in found.packages.values()} == {(source, bool(source))}
    assert found.install.install[:3] == ("install", "--no-deps", "--require-hashes")
    assert found.install.direct == ()
    assert found.install.local == ()
    assert found.notes == ()
    if name not in ("pipenv", "poetry-1.1"):
        assert found.packages["click"].wheels == ("click-8.5.1-py3-none-any.whl",)
    lines = dict(found.install.texts)["requirements.txt"]
    assert sum("--hash=sha256:" in line for line in lines) >= 2 * len(expected)


@pytest.mark.parametrize(
    ("name", "manager", "line"),
    [
        ("poetry-2.1", Poetry(), "poetry.lock:3"),
        ("poetry-1.1", Poetry(), "poetry.lock:1"),
        ("pdm", Pdm(), "pdm.lock:13"),
        ("pipenv", Pipenv(), "Pipfile.lock:19"),
    ],
)
def test_a_package_has_its_line(read: Read, name: str, manager: Manager, line: str) -> None:
    assert read(manager, project(name)).packages["click"].where == line


def test_markers_are_kept(read: Read) -> None:
    found = read(Poetry(), project("poetry-2.0"))
    assert requirements(found) == OLD_POETRY | {
        "itsdangerous": "itsdangerous==2.2.0 ; python_version < '3.14'",
    }
    assert (
        requirements(read(Pipenv(), project("pipenv")))["click"] == "click==8.5.1 ; python_version >= '3.10'"
    )


@pytest.mark.parametrize(
    ("name", "manager", "python"),
    [
        ("poetry-2.1", Poetry(), ">=3.11,<4"),
        ("poetry-2.0", Poetry(), ">=3.11,<4"),
        ("pdm", Pdm(), ">=3.11"),
        ("pipenv", Pipenv(), "==3.11.*"),
    ],
)
def test_the_python_version(read: Read, name: str, manager: Manager, python: str) -> None:
    assert read(manager, project(name)).requires_python == python


def change(files: dict[str, str], name: str, old: str, new: str) -> dict[str, str]:
    assert old in files[name], files[name]
    return files | {name: files[name].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("name", "manager", "file", "old", "new", "told"),
    [
        ("poetry-2.1", Poetry(), "pyproject.toml", "click>=8.1", "click>=8.2", "poetry lock"),
        ("poetry-2.1", Poetry(), "pyproject.toml", '"^3.0"', '"^3.1"', "poetry lock"),
        ("poetry-2.0", Poetry(), "pyproject.toml", '"^8.1"', '"^8.2"', "poetry lock"),
        ("poetry-1.1", Poetry(), "pyproject.toml", '"^8.1"', '"^8.2"', "poetry lock"),
        ("pdm", Pdm(), "pyproject.toml", "click>=8.1", "click>=8.2", "pdm lock"),
        ("pdm", Pdm(), "pyproject.toml", "markupsafe>=3", "markupsafe>=2", "pdm lock"),
        ("pipenv", Pipenv(), "Pipfile", ">=2.1", ">=2.2", "pipenv lock"),
        ("pipenv", Pipenv(), "Pipfile", "[jobs]", "[tasks]", "pipenv lock"),
    ],
)
def test_a_lock_out_of_date(
    refused: Refused, name: str, manager: Manager, file: str, old: str, new: str, told: str
) -> None:
    lock = "Pipfile.lock" if name == "pipenv" else f"{manager.name}.lock"
    assert refused(manager, change(project(name), file, old, new)) == (
        f"{lock}: the lock is out of date with {file}\n  -> run `{told}` in its folder"
    )


@pytest.mark.parametrize(
    ("name", "manager", "file", "old", "new"),
    [
        ("poetry-2.1", Poetry(), "pyproject.toml", '"1.0.0"', '"1.0.1"'),
        ("poetry-2.0", Poetry(), "pyproject.toml", '"1.0.0"', '"1.0.1"'),
        ("poetry-1.1", Poetry(), "pyproject.toml", '"1.0.0"', '"1.0.1"'),
        ("pdm", Pdm(), "pyproject.toml", '"1.0.0"', '"1.0.1"'),
        ("pdm", Pdm(), "pyproject.toml", "[tool.pdm]", "[tool.ruff]\nline-length = 100\n[tool.pdm]"),
        ("pipenv", Pipenv(), "Pipfile", "[jobs]", '[scripts]\nrun = "x"\n[jobs]'),
        ("pipenv", Pipenv(), "Pipfile", "itsdangerous =", "ItsDangerous ="),
        (
            "poetry-2.1",
            Poetry(),
            "poetry.lock",
            'name = "iniconfig"\nversion = "2',
            'name = "iniconfig"\nversion = "1',
        ),
        ("pdm", Pdm(), "pdm.lock", 'name = "six"\nversion = "1', 'name = "six"\nversion = "0'),
        ("pipenv", Pipenv(), "Pipfile.lock", '"==2.3.1"', '"==2.3.0"'),
    ],
)
def test_what_changes_nothing_installed_changes_no_fact(
    read: Read, name: str, manager: Manager, file: str, old: str, new: str
) -> None:
    before = read(manager, project(name)).install
    assert read(manager, change(project(name), file, old, new)).install == before


@pytest.mark.parametrize(
    ("name", "manager", "old", "new"),
    [
        ("poetry-2.1", Poetry(), "sha256:8bb5", "sha256:8bb6"),
        ("poetry-2.1", Poetry(), 'name = "click"\nversion = "8.5.1"', 'name = "click"\nversion = "8.5.2"'),
        ("poetry-2.0", Poetry(), "sha256:8bb5", "sha256:8bb6"),
        ("poetry-1.1", Poetry(), "sha256:8bb5", "sha256:8bb6"),
        ("pdm", Pdm(), "sha256:8bb5", "sha256:8bb6"),
        ("pipenv", Pipenv(), "sha256:8bb5", "sha256:8bb6"),
        ("pipenv", Pipenv(), "python_version >= '3.10'", "python_version >= '3.9'"),
    ],
)
def test_what_decides_the_installed_bytes_is_a_fact(
    read: Read, name: str, manager: Manager, old: str, new: str
) -> None:
    lock = next(file for file in project(name) if file.endswith(".lock"))
    before = read(manager, project(name)).install.facts
    assert read(manager, change(project(name), lock, old, new)).install.facts != before


@pytest.mark.parametrize(
    ("name", "manager", "build", "told"),
    [
        (
            "poetry-2.1",
            Poetry(),
            Build(extras=("slow",)),
            "poetry.lock: the lock has no extra 'slow'\n  extras: fast",
        ),
        (
            "poetry-2.0",
            Poetry(),
            Build(groups=("gone",)),
            "poetry.lock: the lock has no group 'gone'\n  groups: dev, jobs",
        ),
        (
            "pdm",
            Pdm(),
            Build(groups=("gone",)),
            "pdm.lock: the lock has no group 'gone'\n  groups: fast, jobs",
        ),
        (
            "pipenv",
            Pipenv(),
            Build(groups=("gone",)),
            "Pipfile.lock: the lock has no group 'gone'\n  groups: develop, jobs",
        ),
        ("pipenv", Pipenv(), FAST, "Pipfile: a Pipfile has no extras"),
        (
            "pdm",
            Pdm(),
            Build(exclude_newer="2024-05-01"),
            "pdm.lock: exclude_newer dates a project without a lock",
        ),
    ],
)
def test_what_is_not_in_the_lock(
    refused: Refused, name: str, manager: Manager, build: Build, told: str
) -> None:
    assert refused(manager, project(name), build=build).startswith(told)
