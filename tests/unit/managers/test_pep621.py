"""A bare project without a lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.managers.pep621 import Pep621
from shipyard.managers.pip import Pip
from shipyard.model.dependencies import Dependency
from shipyard.model.manifest import Build

Read = Callable[..., Any]
Refused = Callable[..., str]

PROJECT = """\
[project]
name = "Shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["fastapi[standard] >= 0.115 , < 1", "six==1.17.0"]
[project.optional-dependencies]
fast = ["uvloop"]
all = ["shop[fast]", "orjson"]
[dependency-groups]
jobs = ["rq", { include-group = "common" }]
common = ["idna"]
"""
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def project(text: str = PROJECT) -> dict[str, str]:
    return {"pyproject.toml": text}


def test_what_the_project_asks_for_is_installed(read: Read) -> None:
    found = read(Pep621(), project())
    assert found.install.texts == (("requirements.txt", ("fastapi[standard] >= 0.115 , < 1", "six==1.17.0")),)
    assert found.install.install == ("install", "-r", "/lock/requirements.txt")
    assert found.install.local == ()
    assert found.packages["fastapi"] == Dependency(
        name="fastapi", version=None, extras=("standard",), where="pyproject.toml"
    )
    assert (found.evidence, found.requires_python) == ("pyproject.toml", ">=3.11")
    assert found.notes == (
        "pyproject.toml does not pin fastapi, and there is no lock: two builds may differ; "
        "`uv lock` pins everything",
    )


def test_extras_and_groups(read: Read) -> None:
    found = read(Pep621(), project(), build=Build(extras=("All",), groups=("jobs",)))
    ((_, lines),) = found.install.texts
    assert lines[2:] == ("orjson", "uvloop", "rq", "idna")


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (Build(extras=("slow",)), "pyproject.toml: the project has no extra 'slow'\n  extras: all, fast"),
        (
            Build(groups=("dev",)),
            "pyproject.toml: the project has no dependency group 'dev'\n  groups: common, ",
        ),
    ],
)
def test_what_is_not_there(refused: Refused, build: Build, told: str) -> None:
    assert refused(Pep621(), project(), build=build).startswith(told)


def test_a_project_that_is_built_is_installed_too(read: Read) -> None:
    (own,) = read(Pep621(), project(PROJECT + BUILT)).install.local
    assert (own.name, own.folder, own.resolve) == ("shop", ".", False)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("[dependency-groups]", "[dependency-groups]\ntest = ['pytest']", True),
        (BUILT, f"{BUILT}[tool.ruff]\nline-length = 100\n", True),
        (BUILT, f"{BUILT}[tool.hatch.envs.test]\ndependencies = ['pytest']\n", True),
        (BUILT, f"{BUILT}[tool.hatch.build]\nexclude = ['x']\n", False),
        ('version = "1"', 'version = "2"', False),
        ('"hatchling"', '"hatchling<2"', False),
    ],
)
def test_what_of_the_project_reaches_its_package(read: Read, old: str, new: str, same: bool) -> None:
    text = PROJECT + BUILT
    assert old in text
    before = read(Pep621(), project(text)).install
    assert (read(Pep621(), project(text.replace(old, new))).install == before) is same


def test_the_readme_is_part_of_a_package(read: Read) -> None:
    text = PROJECT.replace('version = "1"', 'version = "1"\nreadme = "README.md"') + BUILT
    before = read(Pep621(), project(text) | {"README.md": "x"}).install.local[0]
    assert before.needed == ("pyproject.toml", "README.md")
    assert read(Pep621(), project(text) | {"README.md": "y"}).install.local[0].facts != before.facts


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "import setuptools\nsetuptools.setup()\n"},
        project('[project]\nname = "shop"\ndynamic = ["dependencies"]\n' + BUILT),
    ],
)
def test_dependencies_that_are_known_when_it_is_built(read: Read, files: dict[str, str]) -> None:
    found = read(Pep621(), files)
    (own,) = found.install.local
    assert own.resolve
    assert found.install.texts == (("requirements.txt", (f"/build/{own.name}",)),)
    assert "does not pin its dependencies" in found.notes[0]


def test_a_dated_project_needs_no_warning(read: Read) -> None:
    found = read(Pep621(), project(PROJECT + BUILT), build=Build(exclude_newer="2024-05-01"))
    assert found.notes == ()
    assert found.install.install[:3] == ("install", "--exclude-newer", "2024-05-01")
    assert found.install.local_options == ("--exclude-newer", "2024-05-01")


def test_tools_alone_are_no_project(tmp_path: Path) -> None:
    assert Pep621().evidence(write_tree(tmp_path, project("[tool.ruff]\n")), ".") is None


def test_what_is_no_requirement(refused: Refused) -> None:
    told = refused(Pep621(), project('[project]\nname = "a"\ndependencies = ["a b"]\n'))
    assert told.startswith("pyproject.toml: 'a b' is not a requirement")


INDEXES = """
[[tool.uv.index]]
url = "https://private.example/simple"
default = true
[[tool.uv.index]]
url = "https://more.example/simple"
[[tool.uv.index]]
url = "https://other.example/simple"
explicit = true
"""
OPTIONS = ("--default-index", "https://private.example/simple", "--index", "https://more.example/simple")


def test_indexes_that_the_project_declares(read: Read, refused: Refused) -> None:
    text = '[project]\nname = "a"\nversion = "1"\ndependencies = ["six"]\n'
    install = read(Pep621(), {"pyproject.toml": text + INDEXES}).install
    assert install.install == ("install", *OPTIONS, "-r", "/lock/requirements.txt")
    assert install.indexes == OPTIONS
    beside = read(Pip(), {"pyproject.toml": INDEXES, "requirements.txt": "six==1.17.0\n"}).install
    assert beside.install == ("install", *OPTIONS, "-r", "/p/requirements.txt")
    login = INDEXES.replace("https://more", "https://me:secret@more")
    told = refused(Pep621(), {"pyproject.toml": text + login})
    assert "has a login in it" in told
    assert "secret@" not in told
    own = {"uv.toml": 'index-url = "https://own.example"\nextra-index-url = ["https://extra.example"]\n'}
    install = read(Pep621(), {"pyproject.toml": text + INDEXES} | own).install
    assert install.indexes == ("--default-index", "https://own.example", "--index", "https://extra.example")


def test_what_is_added_comes_from_where_the_rest_does(read: Read) -> None:
    lines = "-i https://own.example\n--extra-index-url=https://extra.example\nsix==1.17.0\n"
    install = read(Pip(), {"requirements.txt": lines}).install
    assert install.indexes == ("--default-index", "https://own.example", "--index", "https://extra.example")


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": '[tool.poetry.dependencies]\npython = ">=3.10,<3.12"\n'},
        {"setup.cfg": "[options]\npython_requires = >=3.10,<3.12\n"},
        {"setup.py": "from setuptools import setup\nsetup(python_requires='>=3.10,<3.12')\n"},
    ],
)
def test_which_python_the_project_beside_requirements_wants(read: Read, files: dict[str, str]) -> None:
    assert read(Pip(), {"requirements.txt": "six==1.17.0\n"} | files).requires_python == ">=3.10,<3.12"


@pytest.mark.parametrize(
    ("option", "told"), [("", ""), ("--extra prod ", "redis"), ("--all-extras ", "redis")]
)
def test_compiled_with_extras(read: Read, refused: Refused, option: str, told: str) -> None:
    text = '[project]\nname = "a"\ndependencies = ["six"]\n'
    text += '[project.optional-dependencies]\nprod = ["redis", "a[more]"]\nmore = []\n'
    head = "# This file was autogenerated by uv via the following command:\n"
    head += f"#    uv pip compile {option}pyproject.toml\n"
    files = {"pyproject.toml": text, "requirements.txt": head + "six==1.17.0\n"}
    if told:
        assert f"asks for {told}" in refused(Pip(), files)
    else:
        assert read(Pip(), files).packages.keys() == {"six"}
