"""Files that name a Python version, in their order; wheels that bound the default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sources import FASTAPI, write_tree

from shipyard.compile.python_pins import minor_version, pins_after, pins_before
from shipyard.compile.wheels import wheel_missing
from shipyard.managers.pip import Pip
from shipyard.model.dependencies import Dependencies
from shipyard.model.record import replace

Decided = Callable[..., tuple[str, str, str]]
Refused = Callable[..., str]

# In the documented order, each with its own version.
FILES = {
    ".python-version": ("# ours\n3.9.1\n", ".python-version"),
    ".tool-versions": ("# all\nruby 3.3\npython 3.10.2 3.11\n", ".tool-versions:3"),
    "mise.toml": ('[tools]\nnode = "22"\npython = "3.11"\n', "mise.toml:3"),
    ".mise.toml": ('[tools]\npython = ["3.12", "3.11"]\n', ".mise.toml:2"),
    "Pipfile.lock": (
        '{"_meta": {"requires": {"python_full_version": "3.13.1", "python_version": "3.9"}}}',
        "Pipfile.lock _meta.requires",
    ),
    "Pipfile": ('[requires]\npython_full_version = "3.14.2"\n', "Pipfile:2"),
    "runtime.txt": ("python-3.11.4\n", "runtime.txt:1"),
}


@pytest.mark.parametrize("first", range(len(FILES)))
def test_the_first_in_the_order_counts(decided: Decided, first: int) -> None:
    there = dict(list(FILES.items())[first:])
    files = FASTAPI | {name: text for name, (text, _) in there.items()}
    version, evidence, origin = decided("python", files, 'build = { manager = "pip" }')
    assert (evidence, origin) == (next(iter(there.values()))[1], "detected")
    assert version == ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.11")[first]


def test_what_comes_later_and_differs_is_told(tmp_path: Path, compiled: Callable[..., object]) -> None:
    files = {".python-version": "3.12", "mise.toml": '[tools]\npython = "3.12"\n', "runtime.txt": "3.11\n"}
    detected, _ = compiled(FASTAPI | files)  # type: ignore[misc]
    assert detected.notes == (
        "web: Python 3.12 by .python-version; runtime.txt:1 says 3.11, which is not used",
    )
    detected, _ = compiled(FASTAPI | files, 'python = "3.13"')  # type: ignore[misc]
    assert detected.notes == ()


def test_what_names_no_cpython_is_told_and_left(compiled: Callable[..., object]) -> None:
    detected, _ = compiled(FASTAPI | {".python-version": "pypy3.10\n", "runtime.txt": "python-3.11.2"})  # type: ignore[misc]
    assert detected.python == "3.11"
    assert detected.notes == (
        "web: .python-version says 'pypy3.10', which is no version of CPython: it is not used",
    )


def test_requires_python_counts_before_pipfile_and_runtime(decided: Decided) -> None:
    """Within its range they still name the one that is meant."""
    project = {"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.12"\n'}
    within = decided("python", FASTAPI | project | {"runtime.txt": "python-3.12.1"})
    assert within == ("3.12", "runtime.txt:1", "detected")
    outside = decided("python", FASTAPI | project | {"runtime.txt": "python-3.11.1"})
    assert outside == ("3.13", 'pyproject.toml requires-python ">=3.12" allows it', "default")


def test_a_pin_outside_of_the_range_is_refused(refused: Refused) -> None:
    project = {"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.12"\n'}
    told = refused(FASTAPI | project | {".tool-versions": "python 3.11.1\n"})
    assert "Python 3.11 (.tool-versions:1) does not fit requires-python" in told


def test_the_nearest_folder_counts(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {".python-version": "3.11", "a/.python-version": "3.12", "a/b/x.py": ""})
    assert [one.version for one in pins_before(tree, "a/b").pins] == ["3.12"]
    assert pins_before(tree, "a/b").pins[0].evidence == "../.python-version"
    assert [one.version for one in pins_before(tree, ".").pins] == ["3.11"]
    assert pins_after(tree, "a/b").pins == ()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.12", "3.12"),
        ("3.12.7", "3.12"),
        ("cpython-3.12.7-linux", "3.12"),
        ("cpython@3.13", "3.13"),
        ("python-3.9.18", "3.9"),
        ("3.12.4/envs/shop", "3.12"),
        ("v3.12", "3.12"),
        ("3", None),
        ("latest", None),
        ("system", None),
        ("pypy3.10-7.3", None),
        ("2.7.18", None),
        ("3.x", None),
    ],
)
def test_minor_versions(text: str, version: str | None) -> None:
    assert minor_version(text) == version


def locked(tmp_path: Path, *wheels: str) -> Dependencies:
    found = Pip().read(write_tree(tmp_path, {"requirements.txt": "numpy==1.26.4\n"}), ".")
    return replace(found, packages={"numpy": replace(found.packages["numpy"], wheels=wheels)})


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        (["py3-none-any"], True),
        (["py2.py3-none-any"], True),
        (["cp313-cp313-manylinux_2_17_x86_64"], True),
        (["cp312-cp312-manylinux_2_17_x86_64"], False),
        (["cp39-abi3-musllinux_1_1_x86_64"], True),
        (["cp314-abi3-linux_x86_64"], False),
        (["cp312-cp312-manylinux_2_17_x86_64", "cp313-cp313-win_amd64"], False),
        (["cp313-cp313t-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64"], False),
        (["py310-none-any"], True),
        (["py314-none-any"], False),
        (["cp312-none-manylinux2014_x86_64"], False),
        (["cp313-cp313-win_amd64"], True),  # none for Linux at all: it is compiled whatever the version
        ([], True),
    ],
)
def test_wheels_for_a_version(tmp_path: Path, tags: list[str], fits: bool) -> None:
    found = locked(tmp_path, *(f"numpy-1.26.4-{tag}.whl" for tag in tags))
    assert wheel_missing(found, "3.13") == (None if fits else "numpy 1.26.4")


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("uv pip compile requirements.in --python-version 3.12 -o requirements.txt", "3.12"),
        ("uv pip compile --python-version=3.11.4 requirements.in -o requirements.txt", "3.11"),
        ("uv pip compile --universal requirements.in -o requirements.txt", "3.13"),
    ],
)
def test_compiled_requirements_are_for_one_version(decided: Decided, line: str, version: str) -> None:
    text = f"# This file was autogenerated by uv via the following command:\n#    {line}\n"
    files = FASTAPI | {"requirements.txt": text + FASTAPI["requirements.txt"], "requirements.in": "fastapi\n"}
    found, evidence, _ = decided("python", files)
    assert found == version
    assert (evidence == "requirements.txt, made for it") is (version != "3.13")


def test_pip_compile_says_its_own_version(decided: Decided) -> None:
    text = "#\n# This file is autogenerated by pip-compile with Python 3.12\n# by the following command:\n#\n"
    text += "#    pip-compile requirements.in\n#\n"
    files = FASTAPI | {"requirements.txt": text + FASTAPI["requirements.txt"], "requirements.in": "fastapi\n"}
    assert decided("python", files)[0] == "3.12"
    assert decided("python", files | {".python-version": "3.11"})[0] == "3.11"
