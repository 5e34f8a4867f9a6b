"""Debian packages by what a lock holds: for the builder, for the image, and none where none is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources import FASTAPI

from shipyard.compile.debian import COMPILED, LOADED, SPATIAL, C
from shipyard.compile.system import SystemPackages, system_packages
from shipyard.managers.markers import normal
from shipyard.manifest.values import package
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import Build

Compile = Callable[..., Any]
WHEEL = "x-1-cp313-cp313-manylinux_2_17_x86_64.whl"


def found(
    *packages: Dependency, build: Build | None = None, python: str = "3.13", **install: Any
) -> SystemPackages:
    dependencies = Dependencies(
        manager="uv",
        evidence="uv.lock",
        packages={one.name: one for one in packages},
        install=DependencyInstall(facts=(), install=(), **install),
    )
    return system_packages(build or Build(), dependencies, python, None)


def locked(name: str, *wheels: str, source: bool | None = True, extras: tuple[str, ...] = ()) -> Dependency:
    return Dependency(name=name, version="1", where="uv.lock:7", wheels=wheels, source=source, extras=extras)


def explained(system: SystemPackages) -> dict[str, tuple[str, str]]:
    return {one.subject: (one.value, one.evidence) for one in system.decisions}


@pytest.mark.parametrize(
    ("wheels", "python", "compiled"),
    [
        ((WHEEL,), "3.13", False),
        ((WHEEL,), "3.12", True),
        ((), "3.13", True),
        (("x-1-cp313-cp313-win_amd64.whl", "x-1-cp313-cp313-macosx_11_0_arm64.whl"), "3.13", True),
        (("x-1-cp39-abi3-manylinux_2_17_x86_64.whl",), "3.13", False),
        (("x-1-py2.py3-none-any.whl",), "3.13", False),
    ],
)
def test_a_source_is_compiled_where_no_wheel_of_the_lock_fits(
    wheels: tuple[str, ...], python: str, compiled: bool
) -> None:
    system = found(locked("lxml", *wheels), python=python)
    assert system.build == (COMPILED["lxml"].packages if compiled else ())
    assert system.linked == compiled


def test_where_the_lock_names_no_files_what_is_known_decides() -> None:
    system = found(locked("psycopg2", source=None), locked("lxml", source=None))
    assert system.build == (*C, "libpq-dev")
    assert found(locked("psycopg2", WHEEL, source=False)).build == ()


def test_each_decision_has_its_evidence() -> None:
    system = found(
        locked("psycopg2"), locked("python-magic", WHEEL), locked("odd"), build=Build(packages=("libfoo1",))
    )
    assert explained(system) == {
        "packages": ("libfoo1", "declared"),
        "packages for python-magic": ("libmagic1", "uv.lock:7"),
        "build packages for psycopg2": ("gcc libc6-dev libpq-dev", "uv.lock:7, built from source"),
        "linked packages": ("found by the build", "what is compiled links to them"),
        "from source": ("odd", "for Python 3.13 on Linux there is the source alone: uv.lock:7"),
    }
    assert (system.run, system.build) == (("libfoo1", "libmagic1"), (*C, "libpq-dev"))


def test_the_manifest_adds_and_declines() -> None:
    packages = (locked("psycopg2"), locked("python-magic", WHEEL))
    more = found(*packages, build=Build(packages=("libmagic1", "curl"), build_packages=("cmake",)))
    assert (more.run, more.build) == (("libmagic1", "curl"), ("cmake", *C, "libpq-dev"))
    alone = found(*packages, build=Build(build_packages=("cmake",), find_packages=False))
    assert (alone.run, alone.build, alone.linked) == ((), ("cmake",), False)


@pytest.mark.parametrize(
    ("packages", "run"),
    [
        ((locked("psycopg", WHEEL),), ("libpq5",)),
        ((locked("psycopg", WHEEL), locked("psycopg-binary", WHEEL)), ()),
        ((locked("psycopg", source=None, extras=("binary",)),), ()),
        ((locked("opencv-python", WHEEL),), ("libgl1", "libglib2.0-0")),
        ((locked("opencv-python-headless", WHEEL),), ()),
    ],
)
def test_what_a_package_opens_when_it_is_used(packages: tuple[Dependency, ...], run: tuple[str, ...]) -> None:
    assert found(*packages).run == run


def test_nothing_is_said_where_wheels_are_all_there_is() -> None:
    system = found(locked("msgspec", WHEEL))
    assert system == SystemPackages()


def test_a_browser_is_out_of_reach() -> None:
    (note,) = found(locked("playwright", WHEEL)).notes
    assert note.startswith("playwright (uv.lock:7) drives a browser, and the image has none")


def test_the_tables_hold_names_that_can_be() -> None:
    tables = {**COMPILED, **LOADED}
    assert [name for name in tables if name != normal(name)] == []
    for one in tables.values():
        assert tuple(map(package, one.packages)) == one.packages
    assert all(one.packages[0] in ("gcc", "g++") for one in COMPILED.values())
    assert tuple(map(package, SPATIAL)) == SPATIAL


def test_wheels_alone_install_no_package_in_any_stage(compiled: Compile) -> None:
    assert "apt-get" not in compiled(FASTAPI)[1].dockerfile


def test_requirements_say_what_is_built_from_source(compiled: Compile) -> None:
    text = FASTAPI["requirements.txt"] + "lxml==5.0\n"
    assert "libxml2-dev" not in compiled({**FASTAPI, "requirements.txt": text})[1].dockerfile
    for option in ("--no-binary lxml,other", "--no-binary=:all:"):
        plan = compiled({**FASTAPI, "requirements.txt": f"{option}\n{text}"})[1]
        assert "gcc libc6-dev libxml2-dev libxslt1-dev" in plan.dockerfile


def test_what_is_known_is_the_recipe_s_and_moves_no_tag(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a newer Shipyard, which knows more, replaces nothing."""
    files = {**FASTAPI, "requirements.txt": FASTAPI["requirements.txt"] + "python-magic==0.4.27\n"}
    first = compiled(files)[1]
    assert "libmagic1" in first.dockerfile
    monkeypatch.delitem(LOADED, "python-magic")
    second = compiled(files)[1]
    assert "libmagic1" not in second.dockerfile
    assert first.tag == second.tag
    assert compiled(files, "build = { find_packages = false }")[1].tag != first.tag
    assert compiled(files, 'build = { optional_libraries = ["libx.so.1"] }')[1].tag == first.tag


def test_libraries_that_may_be_missing_reach_the_check(compiled: Compile) -> None:
    text = compiled(FASTAPI, 'build = { optional_libraries = ["libx.so.1", "liby+z.so"] }')[1].dockerfile
    assert "python -I /links.py check web libx.so.1 liby+z.so && \\\n" in text
