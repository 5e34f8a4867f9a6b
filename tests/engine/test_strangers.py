"""What is not Shipyard's and looks as if it were: told by the plan, and never touched."""

from __future__ import annotations

import json
import socket
import subprocess

import pytest
from project import Project, docker

CACHE = '[services.cache]\nimage = "redis:7"\n'


@pytest.fixture
def compose(project: Project) -> Project:
    """A Compose project of the same name, whose service has another container's name and is stopped."""
    project.write(
        "elsewhere/compose.yaml",
        f"""
        name: {project.name}
        services:
          cache:
            image: redis:7
            container_name: {project.name}-mine
            networks: [old]
        networks:
          old:
            name: {project.name}-old
        """,
    )
    folder = project.root / "elsewhere"
    for words in (("up", "-d"), ("stop",)):
        subprocess.run(["docker", "compose", *words], cwd=folder, check=True, capture_output=True)
    return project


def test_a_compose_project_of_the_same_name_is_left_alone(compose: Project) -> None:
    compose.manifest(CACHE)
    try:
        (problem,) = compose.plan(code=1)["problems"]
        assert problem["title"].startswith(f"container {compose.name}-mine is cache of a Compose project")
        assert f"docker rm -f {compose.name}-mine" in problem["hint"]
        compose.apply(code=1)
        compose.apply("--replace", "cache", code=1)
        found = json.loads(docker("inspect", f"{compose.name}-mine"))[0]
        assert found["State"]["Status"] == "exited"
    finally:
        docker("rm", "-f", f"{compose.name}-mine")
        docker("network", "rm", f"{compose.name}-old")


def test_down_leaves_an_external_volume_without_a_name(project: Project) -> None:
    name = docker("volume", "create")
    try:
        docker("run", "--rm", "-v", f"{name}:/v", "redis:7", "touch", "/v/kept")
        project.manifest(
            f'{CACHE}volumes = ["data:/data"]\n[volumes.data]\nexternal = true\nname = "{name}"\n'
        )
        project.apply()
        project.run("down", "--volumes", "--yes")
        assert docker("run", "--rm", "-v", f"{name}:/v", "redis:7", "ls", "/v").split()[-1:] == ["kept"]
    finally:
        docker("volume", "rm", name)


def test_living_in_a_container_of_others_that_stopped(project: Project) -> None:
    host = f"{project.name}-theirs"
    docker("run", "-d", "--name", host, "redis:7", "sleep", "600")
    lives = f'compose.network_mode = "container:{host}"\n'
    try:
        project.manifest(f"{CACHE}{lives}")
        project.apply()
        before = project.container("cache")
        project.run("plan", "--replace", "cache", "--out", "saved.plan")
        docker("stop", "-t", "1", host)
        project.manifest(f'{CACHE}restart = "no"\n{lives}')
        (problem,) = project.plan(code=1)["problems"]
        assert problem["title"] == f"compose.network_mode: container {host} is exited, and must run"
        project.apply(code=1)
        project.manifest(f"{CACHE}{lives}")
        done = project.run("apply", "saved.plan", code=1)
        assert problem["title"] in " ".join(done.stdout.split())
        after = project.container("cache")
        assert (after["Id"], after["State"]["Status"]) == (before["Id"], "running")
    finally:
        docker("rm", "-f", host)


def test_what_runs_from_a_copy_of_a_container_is_somebodys_own(project: Project) -> None:
    project.manifest(CACHE)
    project.apply()
    copy, name = f"{project.name}/copy:1", f"my-{project.name}"
    docker("commit", project.container("cache")["Id"], copy)
    docker("run", "-d", "--name", name, copy)
    try:
        # Compose goes by the labels, which the copy has from its image.
        (problem,) = project.plan(code=1)["problems"]
        assert f"docker rm -f {name}" in problem["hint"]
        project.apply(code=1)
        project.run("down", "--yes")
        assert json.loads(docker("inspect", name))[0]["State"]["Running"]
    finally:
        docker("rm", "-f", "-v", name)
        docker("image", "rm", copy)


def test_a_process_on_another_address_is_in_nobodys_way(project: Project) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.9", 0))
        held.listen()
        port = held.getsockname()[1]
        project.manifest(f'{CACHE}publish = ["127.0.0.1:{port}:6379"]\n')
        project.apply()
        assert project.changes() == []


def test_swap_that_was_let_go_is_put_back(project: Project) -> None:
    project.manifest(f'{CACHE}resources = {{ cpus = 0.3337, memory = "64M" }}\n')
    project.apply()
    assert project.changes() == []
    docker("update", "--memory-swap", "-1", project.container("cache")["Id"])
    if project.container("cache")["HostConfig"]["MemorySwap"] == -1 and "No swap limit" not in docker("info"):
        assert project.changes() == ["service.cache/update"]
        project.apply()
        assert project.container("cache")["HostConfig"]["MemorySwap"] == 128 * 2**20
    assert project.changes() == []
