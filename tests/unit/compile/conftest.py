from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sources import write_tree

from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import Builds
from shipyard.errors import ShipyardError
from shipyard.manifest import load
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.manifest import Manifest

Compile = Callable[..., tuple[Detected, BuildPlan]]


@pytest.fixture
def built(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Manifest, Builds]]:
    """The manifest of a project of these files, with these lines in [services.web], after it, and at its top,
    and its build plans."""
    # Where manifests that were found valid are remembered.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))

    def done(
        files: dict[str, str], lines: str = "", more: str = "", top: str = ""
    ) -> tuple[Manifest, Builds]:
        root = tmp_path / "project"
        shutil.rmtree(root, ignore_errors=True)
        text = f'name = "shop"\n{top}\n[services.web]\n{lines}\n{more}\n'
        write_tree(root, {**files, "shipyard.toml": text})
        manifest = load(root, stage=None, instance=None, environ={}).manifest
        return manifest, compile_builds(manifest)

    return done


@pytest.fixture
def compiled(built: Callable[..., tuple[Manifest, Builds]]) -> Compile:
    """What the web service of such a project compiles to."""

    def done(
        files: dict[str, str], lines: str = "", more: str = "", top: str = ""
    ) -> tuple[Detected, BuildPlan]:
        return built(files, lines, more, top)[1]["web"]

    return done


@pytest.fixture
def refused(compiled: Compile) -> Callable[..., str]:
    """Why a project does not compile."""

    def told(files: dict[str, str], lines: str = "", top: str = "") -> str:
        with pytest.raises(ShipyardError) as caught:
            compiled(files, lines, top=top)
        return str(caught.value)

    return told


@pytest.fixture
def decided(compiled: Compile) -> Callable[..., tuple[str, str, str]]:
    """(value, evidence, origin) of one decision."""

    def one(subject: str, files: dict[str, str], lines: str = "") -> tuple[str, str, str]:
        detected, _ = compiled(files, lines)
        found = next(decision for decision in detected.decisions if decision.subject == subject)
        return found.value, found.evidence, found.origin

    return one
