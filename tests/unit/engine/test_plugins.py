"""Where docker's plugins are looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipyard.engine import plugins
from shipyard.engine.plugins import plugin


def installed(folder: Path) -> str:
    folder.mkdir(parents=True)
    path = folder / "docker-compose"
    path.touch(0o755)
    return str(path)


def test_in_dockers_own_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": str(tmp_path)}
    monkeypatch.setattr(plugins, "SYSTEM", (tmp_path / "system",))
    assert plugin("compose", environ) == ["docker", "compose"]
    system = installed(tmp_path / "system")
    assert plugin("compose", environ) == [system]
    own = installed(tmp_path / ".docker" / "cli-plugins")
    assert plugin("compose", environ) == [own]
    extra = installed(tmp_path / "extra")
    settings = {"cliPluginsExtraDirs": [str(tmp_path / "extra")]}
    (tmp_path / ".docker" / "config.json").write_text(json.dumps(settings))
    assert plugin("compose", environ) == [extra]
    assert plugin("compose", {**environ, "DOCKER_CONFIG": str(tmp_path)}) == [system]


def test_what_is_no_program_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "SYSTEM", (tmp_path / "system",))
    Path(installed(tmp_path / "system")).chmod(0o644)
    assert plugin("compose", {"HOME": str(tmp_path)}) == ["docker", "compose"]
