"""Each framework's own way to start, once, hardened: built, healthy, answering, and gone with 0 on request."""

from __future__ import annotations

import json
import time
import tomllib

import pytest
from project import Project, docker, fetch, free_port

from corpus import DEFAULT, NAMES, copy_fixture, expectation
from shipyard.manifest.write import dumps

HARDENED = {"read_only": True, "compose": {"cap_drop": ["ALL"]}}
RUN = [
    pytest.param(name, marks=pytest.mark.slow if expected["run"].get("slow") else ())
    for name in NAMES
    if "run" in (expected := expectation(name))
]


def start(project: Project, fixture: str, **keys: object) -> None:
    """Apply a fixture under the project's name, every built service hardened."""
    copy_fixture(fixture, project.root)
    manifest = project.root / "shipyard.toml"
    document = tomllib.loads(manifest.read_text() if manifest.exists() else DEFAULT)
    document["name"] = project.name
    for name, service in document["services"].items():
        if "image" not in service:
            service |= HARDENED | (keys if name == "web" else {})
    manifest.write_text(dumps(document))
    project.apply()


def stopped(project: Project, service: str) -> tuple[int, float, str]:
    """(exit code, seconds, log) of a container that is asked to stop as the engine does it."""
    container = project.container(service)["Id"]
    began = time.monotonic()
    docker("stop", container)
    seconds = time.monotonic() - began
    code = json.loads(docker("inspect", container))[0]["State"]["ExitCode"]
    return code, seconds, docker("logs", "--tail", "20", container)


@pytest.mark.parametrize("name", RUN)
def test_a_framework_starts_answers_and_stops(name: str, project: Project) -> None:
    expected = expectation(name)
    inside, port = expected["services"]["web"].get("port", 8000), free_port()
    start(project, name, publish=[f"127.0.0.1:{port}:{inside}"])
    container = project.container("web")
    assert container["State"]["Health"]["Status"] == "healthy"
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["ReadonlyRootfs"]
    status, text = fetch(f"http://127.0.0.1:{port}{expected['run']['path']}")
    assert (status, expected["run"]["says"] in text) == (200, True), text
    code, seconds, log = stopped(project, "web")
    assert (code, seconds < 9) == (0, True), f"{code} after {seconds:.1f} s\n{log}"
