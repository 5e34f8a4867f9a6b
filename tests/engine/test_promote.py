"""What one stage runs, in another: the very image, with the other stage's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from apps import write_fastapi
from project import Project, docker, fetch, free_port
from registry import registry

STAGES = """
{top}
[services.web]
python = "3.13"
publish = []
env = {{ NAME = "base" }}
[stages.staging.services.web]
env = {{ NAME = "staging" }}
[stages.prod.services.web]
env = {{ NAME = "prod" }}
publish = ["{port}:8000"]
"""


@pytest.fixture
def port() -> int:
    return free_port()


def declared(project: Project, port: int, top: str = "") -> None:
    write_fastapi(project)
    project.manifest(STAGES.format(top=top, port=port))


def name_in(port: int) -> str:
    return str(json.loads(fetch(f"http://127.0.0.1:{port}/env/NAME")[1]))


def test_on_one_engine_the_same_image_runs_with_the_settings_of_the_other(
    project: Project, port: int
) -> None:
    declared(project, port)
    refused = project.run("promote", "staging", "prod", "--yes", code=1)
    assert "stage staging runs no web" in refused.stderr
    project.apply("--stage", "staging")
    said = project.run("promote", "staging", "prod", "--yes").stdout
    assert "build" not in said.replace("builds nothing", "")
    assert name_in(port) == "prod"
    one, other = (project.container("web", stage) for stage in ("staging", "prod"))
    assert one["Image"] == other["Image"]
    assert project.changes("--stage", "prod") == []

    project.write("app/new.py", "x = 1\n")
    refused = project.run("promote", "staging", "prod", "--yes", code=1)
    assert "what staging runs of web is not of this source" in refused.stderr
    assert "differs: app/new.py" in refused.stderr
    docker("stop", "-t", "0", project.container("web", "staging")["Id"])
    (project.root / "app/new.py").unlink()
    refused = project.run("promote", "staging", "prod", "--yes", code=1)
    assert "web-1 is exited: it is not taken further" in refused.stderr


def test_by_digest_from_a_registry_and_by_a_saved_plan(project: Project, port: int, tmp_path: Path) -> None:
    with registry(tmp_path) as address:
        declared(project, port, top=f'registry = "{address}"')
        project.run("build", "--push", "--stage", "staging", "--out", "images.shipyard.json")
        project.apply("--stage", "staging", "--images", "images.shipyard.json")
        staged = project.container("web", "staging")
        project.run("promote", "staging", "prod", "--out", "prod.plan")
        assert not project.ids("label=shipyard.stage=prod")
        done = project.apply("prod.plan")
        assert "build " not in done.stdout
        promoted = project.container("web", "prod")
        assert promoted["Config"]["Image"] == staged["Config"]["Image"]
        assert "@sha256:" in promoted["Config"]["Image"]
        assert name_in(port) == "prod"
