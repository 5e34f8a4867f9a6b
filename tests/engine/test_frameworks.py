"""Each framework, once, hardened: built, healthy, answering, and gone with 0 when it is asked to stop."""

from __future__ import annotations

import time

import pytest
from corpus import NAMES, copy_fixture, expectation
from hardened import left_over, start, stopped
from project import Project, docker, fetch, free_port

RUN = [
    pytest.param(name, marks=pytest.mark.slow if expected["run"].get("slow") else ())
    for name in NAMES
    if "run" in (expected := expectation(name))
]


@pytest.mark.parametrize("name", RUN)
def test_a_framework_starts_answers_and_stops(name: str, project: Project) -> None:
    expected = expectation(name)
    inside, port = expected["services"]["web"].get("port", 8000), free_port()
    copy_fixture(name, project.root)
    start(project, publish=[f"127.0.0.1:{port}:{inside}"])
    container = project.container("web")
    assert container["State"]["Health"]["Status"] == "healthy"
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["ReadonlyRootfs"]
    status, text = fetch(f"http://127.0.0.1:{port}{expected['run']['path']}")
    assert (status, expected["run"]["says"] in text) == (200, True), text
    assert left_over(project, "web") == []
    code, seconds, log = stopped(project, "web")
    assert (code, seconds < 9) == (0, True), f"{code} after {seconds:.1f} s\n{log}"


def test_every_kind_of_worker_works_and_finishes(project: Project) -> None:
    """From one image, each by its framework's name alone, with a read-only root and no capabilities."""
    copy_fixture("workers", project.root)
    start(project)
    redis = project.container("redis")["Id"]
    docker("exec", project.container("web")["Id"], "python", "send.py")
    wanted = {"celery", "beat", "rq", "dramatiq"}
    deadline = time.monotonic() + 30
    while missing := {
        name for name in wanted if docker("exec", redis, "redis-cli", "get", f"mark:{name}") != "done"
    }:
        logs = {name: docker("logs", project.container(name)["Id"]) for name in ("web", "queue", "actors")}
        assert time.monotonic() < deadline, f"{missing}\n{logs}"
        time.sleep(0.3)
    environ = project.container("web")["Config"]["Env"]
    assert "CELERY_WORKER_CONCURRENCY=1" in environ
    processes = docker("top", project.container("web")["Id"], "-o", "pid,args").splitlines()
    assert len([line for line in processes if "celery" in line]) == 3, processes
    for name in ("web", "beat", "queue", "actors"):
        code, seconds, log = stopped(project, name)
        assert (name, code) == (name, 0), f"after {seconds:.1f} s\n{log}"
