"""Command lines run in this process, in a project of ready images, with no engine anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shipyard.__main__ import run

MANIFEST = """\
name = "shop"
[services.web]
image = "acme/web:1"
port = 8000
needs = ["cache"]
secrets = ["TOKEN"]
[services.cache]
image = "redis:7"
volumes = ["data:/data"]
"""


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "shipyard.toml").write_text(MANIFEST)
    monkeypatch.chdir(root)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("SHIPYARD_STAGE", "SHIPYARD_DEBUG", "TOKEN", "DOCKER_CONTEXT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def shipyard(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run one command line in the project."""

    def done(*words: str) -> Done:
        code = run(list(words))
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return done
