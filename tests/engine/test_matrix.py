"""Every package manager with every framework: locked by the manager, built, started hardened, answering.

In other runs each manager is there once (test_managers.py), and each framework (test_frameworks.py).
"""

from __future__ import annotations

import json

import pytest
from corpus import copy_fixture, expectation
from hardened import start, stopped
from locked_projects import MAKERS, PYTHON
from project import Project, docker, fetch, free_port

from shipyard.managers import MANAGERS

APPLICATIONS = {
    "django": "django-asgi-uvicorn",
    "flask": "flask-app",
    "fastapi": "fastapi-standard",
    "starlette": "starlette-uvicorn",
    "litestar": "litestar-granian",
    "quart": "quart-hypercorn",
    "sanic": "sanic",
    "aiohttp": "aiohttp-factory",
    "celery": "celery-alone",
}
"""The fixture that an application's code and requirements are of."""
REDIS = '[services.web]\nneeds = ["redis"]\n[services.redis]\nimage = "redis:7"\n'


def test_every_manager_is_among_them() -> None:
    assert {known for known, _ in MAKERS.values()} == {one.name for one in MANAGERS}


@pytest.mark.slow
@pytest.mark.parametrize("framework", APPLICATIONS)
@pytest.mark.parametrize("manager", MAKERS)
def test_a_pair(manager: str, framework: str, project: Project) -> None:
    fixture = APPLICATIONS[framework]
    copy_fixture(fixture, project.root)
    file = project.root / "requirements.txt"
    requirements = file.read_text().split()
    file.unlink()
    known, make = MAKERS[manager]
    make(project.root, requirements)
    project.manifest(REDIS if framework == "celery" else "[services.web]\n")

    port = free_port()
    inside = expectation(fixture)["services"]["web"].get("port", 8000)
    published = {} if framework == "celery" else {"publish": [f"127.0.0.1:{port}:{inside}"]}
    start(project, python=PYTHON, **published)
    decisions = json.loads(project.run("explain", "web", "--format", "json").stdout)["services"]["web"]
    decided = {one["subject"]: one["value"] for one in decisions["decisions"]}
    assert (decided["manager"], decided["framework"]) == (known, framework)
    if framework == "celery":
        ping = ("celery", "-A", "shop", "inspect", "ping", "--timeout", "10")
        assert "pong" in docker("exec", project.container("web")["Id"], *ping)
    else:
        run = expectation(fixture)["run"]
        status, text = fetch(f"http://127.0.0.1:{port}{run['path']}")
        assert (status, run["says"] in text) == (200, True), text
    code, seconds, log = stopped(project, "web")
    assert code == 0, f"{code} after {seconds:.1f} s\n{log}"
