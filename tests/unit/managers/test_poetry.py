"""poetry.lock: what its older formats leave to be found out, and places other than an index."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from shipyard.managers.poetry import Poetry, content_hashes
from shipyard.model.manifest import Build

Read = Callable[..., Any]
Refused = Callable[..., str]

PROJECT = """\
[tool.poetry]
name = "my-shop"
version = "1"

[tool.poetry.dependencies]
python = "^3.9"
uvicorn = { version = "^0.30", extras = ["standard"] }
"ruamel.yaml" = ">= 0.17 , < 1"
old-one = [
    { version = "<2", python = "<3.11" },
    { version = ">=2", python = ">=3.11" },
]
pywin32 = { version = "*", platform = "win32" }
"""
PACKAGE = """
[[package]]
name = "{name}"
version = "{version}"
optional = {optional}
python-versions = "*"
files = [{{ file = "x", hash = "sha256:{name}{version}" }}]
{more}
"""


def package(name: str, version: str = "1", more: str = "", *, optional: bool = False) -> str:
    return PACKAGE.format(name=name, version=version, more=more, optional=str(optional).lower())


UVICORN = """
[package.dependencies]
click = ">=7"
colorama = { version = "*", optional = true, markers = "sys_platform == 'win32' and extra == 'standard'" }
httptools = { version = ">=0.5", optional = true, markers = "extra == 'standard'" }
uvloop = { optional = true, markers = "platform_machine == 'x86_64' and extra == 'standard'" }
watchfiles = { version = ">=0.13", optional = true, markers = "extra == 'reload'" }

[package.extras]
standard = ["colorama (>=0.4) ; sys_platform == 'win32'", "httptools (>=0.5)", "uvloop (>=0.14)"]
reload = ["watchfiles (>=0.13)"]
"""
PACKAGES = (
    package("uvicorn", "0.30", UVICORN),
    *(package(name, optional=True) for name in ("httptools", "uvloop", "watchfiles", "colorama")),
    package("click", "8"),
    package("Ruamel_Yaml", "0.18"),
    package("old-one", "1.9"),
    package("old-one", "2.1"),
    package("pywin32", "300"),
)


def project(*packages: str, text: str = PROJECT, version: str = "2.0") -> dict[str, str]:
    """The project with a lock of these packages that is up to date."""
    (found, *_) = sorted(content_hashes(tomllib.loads(text)))
    metadata = f'\n[metadata]\nlock-version = "{version}"\npython-versions = "*"\ncontent-hash = "{found}"\n'
    return {"pyproject.toml": text, "poetry.lock": "".join(packages) + metadata}


def lines(found: Any, name: str = "requirements.txt") -> list[str]:
    texts = dict(found.install.texts).get(name, ())
    return [line.removesuffix(" \\") for line in texts if line[0] not in " -"]


def test_extras_markers_and_several_versions(read: Read) -> None:
    found = read(Poetry(), project(*PACKAGES))
    assert lines(found) == [
        "click==8",
        "httptools==1",
        "old-one==1.9 ; python_version < '3.11'",
        "old-one==2.1 ; python_version >= '3.11'",
        "ruamel-yaml==0.18",
        "uvicorn==0.30",
        "uvloop==1 ; platform_machine == 'x86_64'",
    ]
    assert found.requires_python == ">=3.9,<4"


GIT = '[package.source]\ntype = "git"\nurl = "https://example.com/a.git"\nreference = "main"\n'
COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (GIT + f'resolved_reference = "{COMMIT}"\n', f"a @ git+https://example.com/a.git@{COMMIT}"),
        (
            GIT + f'resolved_reference = "{COMMIT}"\nsubdirectory = "x"\n',
            f"a @ git+https://example.com/a.git@{COMMIT}#subdirectory=x",
        ),
        (
            '[package.source]\ntype = "url"\nurl = "https://example.com/a.whl"\n',
            "a @ https://example.com/a.whl#sha256=a1",
        ),
        ('[package.source]\ntype = "file"\nurl = "wheels/a.whl"\n', "a @ file:///p/wheels/a.whl"),
    ],
)
def test_places_of_their_own(read: Read, source: str, line: str) -> None:
    text = '[tool.poetry.dependencies]\na = "*"\n'
    found = read(Poetry(), project(package("a", more=source), text=text) | {"wheels/a.whl": "x"})
    assert lines(found, "direct.txt") == [line]
    assert found.install.git is ("git+" in line)


def test_another_index(read: Read) -> None:
    source = '[package.source]\ntype = "legacy"\nurl = "https://index.example/simple"\nreference = "own"\n'
    found = read(Poetry(), project(package("a", more=source), text='[tool.poetry.dependencies]\na = "*"\n'))
    assert (
        dict(found.install.texts)["requirements.txt"][0] == "--extra-index-url https://index.example/simple"
    )


def test_a_path_dependency_is_a_package_of_the_tree(read: Read) -> None:
    source = '[package.source]\ntype = "directory"\nurl = "libs/a"\n'
    text = '[tool.poetry.dependencies]\na = { path = "libs/a", develop = true }\n'
    lib = {"libs/a/pyproject.toml": '[tool.poetry]\nname = "a"\nversion = "1"\n'}
    found = read(Poetry(), project(package("a", more=source), text=text) | lib)
    assert [(one.name, one.folder) for one in found.install.local] == [("a", "libs/a")]


BUILT = '\n[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'


@pytest.mark.parametrize(
    ("more", "files", "installed"),
    [
        (BUILT, {"my_shop/__init__.py": ""}, True),
        (BUILT, {"src/my_shop/__init__.py": ""}, True),
        (BUILT, {"my_shop.py": ""}, True),
        (BUILT, {"app/main.py": ""}, False),
        ("", {"my_shop/__init__.py": ""}, False),
        (BUILT.replace("\n[", "\n[tool.poetry.build]\n[", 1), {"app/main.py": ""}, False),
    ],
)
def test_the_project_itself(read: Read, more: str, files: dict[str, str], installed: bool) -> None:
    """Installed where Poetry finds a package of its name: it refuses the others without --no-root."""
    found = read(Poetry(), project(*PACKAGES, text=PROJECT + more) | files)
    assert bool(found.install.local) is installed


def test_a_project_that_is_no_package(read: Read) -> None:
    text = PROJECT.replace('version = "1"', 'version = "1"\npackage-mode = false') + BUILT
    found = read(Poetry(), project(*PACKAGES, text=text) | {"my_shop/__init__.py": ""})
    assert found.install.local == ()


def test_an_unknown_format(refused: Refused) -> None:
    assert refused(Poetry(), project(version="3.0")) == (
        "poetry.lock: the lock's format is not known\n  -> run `poetry lock` in its folder"
    )


def test_a_marker_that_is_none(refused: Refused) -> None:
    text = '[tool.poetry.dependencies]\na = { version = "*", markers = "what is this" }\n'
    told = refused(Poetry(), project(package("a"), text=text))
    assert told == "poetry.lock: 'what is this' is no environment marker"


def test_groups_of_the_standard_are_hashed(refused: Refused, read: Read) -> None:
    text = '[project]\nname = "a"\ndependencies = []\n[dependency-groups]\njobs = ["a"]\n'
    more = 'groups = ["jobs"]\n'
    without = content_hashes(tomllib.loads(text.partition("[dependency-groups]")[0]))
    hashes = content_hashes(tomllib.loads(text)) - without
    assert hashes
    for found in hashes:
        files = project(package("a", more=more), text=text, version="2.1")
        files["poetry.lock"] = (
            files["poetry.lock"].partition("content-hash")[0] + f'content-hash = "{found}"\n'
        )
        assert lines(read(Poetry(), files, build=Build(groups=("jobs",)))) == ["a==1"]
        assert lines(read(Poetry(), files)) == []
    changed = files | {"pyproject.toml": text.replace('["a"]', '["b"]')}
    assert "out of date" in refused(Poetry(), changed)
