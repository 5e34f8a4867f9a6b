"""The two applications that every guide begins with, from their sources alone: `init`, `apply`, a page."""

from __future__ import annotations

import json
import tomllib

import pytest
from base_images import ensure
from corpus import copy_fixture
from project import Project, docker, fetch, free_port

from shipyard.manifest.write import dumps


def begin(fixture: str, project: Project) -> int:
    """What a newcomer does; its free port alone is ours, since many run here at once."""
    copy_fixture(fixture, project.root)
    project.run("init")
    path = project.root / "shipyard.toml"
    made = tomllib.loads(path.read_text())
    port, inside = free_port(), made["services"]["web"].get("port", 8000)
    made["services"]["web"]["publish"] = [f"127.0.0.1:{port}:{inside}"]
    path.write_text(dumps({**made, "name": project.name}))
    project.apply()
    assert json.loads(project.run("plan", "--format", "json").stdout)["operations"] == []
    return port


def test_django_with_its_database(project: Project) -> None:
    port = begin("guide-django", project)
    assert fetch(f"http://127.0.0.1:{port}/") == (200, "served from postgresql")
    assert "Django administration" in fetch(f"http://127.0.0.1:{port}/admin/login/")[1]
    tables = docker(
        *("exec", project.container("db")["Id"], "sh", "-c"),
        'psql -U "$POSTGRES_USER" -Atc "select count(*) from django_migrations"',
    )
    assert int(tables) > 10


@pytest.mark.slow
def test_fastapi_on_an_old_python_at_port_80(project: Project) -> None:
    ensure(["python:3.9-slim"], print)
    port = begin("guide-fastapi", project)
    assert project.container("web")["Config"]["ExposedPorts"] == {"80/tcp": {}}
    assert fetch(f"http://127.0.0.1:{port}/items/5?q=x") == (200, '{"item_id":5,"q":"x"}')
    status, page = fetch(f"http://127.0.0.1:{port}/docs")
    assert (status, "swagger-ui" in page) == (200, True)
