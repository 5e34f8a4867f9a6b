"""Builds take the installer from this machine where its program is for what builds."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shipyard.compile.base_stages import TOOL, UV_VERSION
from shipyard.engine import installer
from shipyard.engine.buildx import Publication, bake_definition
from shipyard.engine.connect import Connection
from shipyard.engine.installer import installer_folder
from shipyard.model.build import BuildPlan

HERE = Connection(url="unix:///s", address="local engine", local=True)
FAR = Connection(url="unix:///s", address="ssh://box", local=False)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def plan(**fields: Any) -> BuildPlan:
    fields = {"service": "web", "repository": "shop/web", "context": ".", **fields}
    return BuildPlan(dockerfile="FROM x\n", dockerignore="", tag="in-1", recipe="4", **fields)


def test_the_folder_holds_a_program_that_runs_and_nothing_else() -> None:
    folder = installer_folder(HERE)
    assert folder is not None
    assert [path.name for path in folder.iterdir()] == ["uv"]
    done = subprocess.run([folder / "uv", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] == UV_VERSION


def test_it_is_written_once_and_again_when_it_is_another(cache: Path) -> None:
    folder = installer_folder(HERE)
    assert folder is not None
    first = (folder / "uv").stat()
    assert installer_folder(HERE) == folder
    assert (folder / "uv").stat().st_ino == first.st_ino
    (folder / "uv").write_text("half a file")
    installer_folder(HERE)
    assert (folder / "uv").stat().st_size == first.st_size
    assert os.access(folder / "uv", os.X_OK)


def test_another_machine_downloads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installer_folder(FAR) is None
    monkeypatch.setattr(installer.sys, "platform", "darwin")
    assert installer_folder(HERE) is None


@pytest.mark.parametrize("what", ["another version", "not installed", "no place"])
def test_what_cannot_be_had_is_downloaded(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "another version":
        monkeypatch.setattr(installer, "UV_VERSION", "0.0.1")
    elif what == "not installed":
        monkeypatch.setattr(installer.metadata, "distribution", _missing)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert installer_folder(HERE) is None


def _missing(name: str) -> object:
    raise installer.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize(
    ("fields", "publication", "taken"),
    [
        ({"base": "python:3.13-slim"}, None, True),
        ({"base": "python:3.13-alpine"}, None, False),
        ({"own_dockerfile": "Dockerfile"}, None, False),
        # What is built for the engine is for this machine, whatever it is pushed for.
        ({"platforms": ("linux/arm64",)}, None, True),
        ({"platforms": ("linux/arm64",)}, Publication(), False),
        ({}, Publication(), True),
    ],
)
def test_who_takes_it(
    tmp_path: Path, fields: dict[str, Any], publication: Publication | None, taken: bool
) -> None:
    definition: Any = bake_definition([plan(**fields)], tmp_path, tmp_path, publication, Path("/tools/u"))
    contexts = definition["target"]["web"].get("contexts")
    assert contexts == ({TOOL: "/tools/u"} if taken else None)
