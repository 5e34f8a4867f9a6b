from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.manifest import Loaded, ManifestError, load
from shipyard.model.manifest import Service

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def load_text(project: Path) -> Load:
    def loaded(
        text: str,
        *,
        stage: str | None = None,
        instance: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Loaded:
        (project / "shipyard.toml").write_bytes(text.encode())
        return load(project, stage=stage, instance=instance, environ=environ or {})

    return loaded


@pytest.fixture
def service(load_text: Load) -> Callable[..., Service]:
    """The service `web` of a manifest with these lines in [services.web]."""

    def parsed(lines: str, **options: str) -> Service:
        text = f'name = "shop"\n[services.web]\n{lines}\n[services.db]\nimage = "postgres:17"\n'
        return load_text(text, environ=options).manifest.services[0]

    return parsed


@pytest.fixture
def wrong(load_text: Load) -> Wrong:
    """What loading this text tells: `line: path: title -> hint`, one each."""

    def told(text: str, *, stage: str | None = None, instance: str | None = None) -> list[str]:
        with pytest.raises(ShipyardError) as caught:
            load_text(text, stage=stage, instance=instance)
        error = caught.value
        errors = error.errors if isinstance(error, ErrorGroup) else (error,)
        assert all(isinstance(one, ManifestError) and one.where for one in errors)
        return [f"{one}".replace("\n  -> ", " -> ").removeprefix("shipyard.toml:") for one in errors]

    return told


@pytest.fixture
def wrong_service(wrong: Wrong) -> Callable[[str], str]:
    """The one thing wrong with these lines in [services.web], which begin at line 3."""

    def told(lines: str) -> str:
        found = wrong(f'name = "shop"\n[services.web]\n{lines}\n')
        assert len(found) == 1, found
        return found[0]

    return told
