"""A plan over a saved observation is the plan over the engine, byte for byte; and what either costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fidelity.drift import Hands
from project import Project, docker, free_port
from read_only_proxy import ReadOnlyProxy

NOWHERE = {"DOCKER_HOST": "unix:///nowhere/engine.sock"}
MANIFEST = """
    [services.cache]
    image = "@name/moving:1"
    health = {{ command = ["redis-cli", "ping"] }}
    stop_timeout = "1s"
    replicas = 2
    networks = ["back"]
    volumes = ["data:/data"]
    secrets = ["TOKEN"]
    resources = {{ memory = "64M" }}
    env = {{ URL = "redis://${{secret:AWKWARD}}@queue", GONE = "${{secret:GONE}}" }}

    [services.queue]
    image = "@name/queue:1"
    health = {{ command = ["redis-cli", "ping"] }}
    stop_timeout = "1s"
    publish = ["{port}:6379"]
    networks = ["back", "front"]
    secrets = {{ PASSWORD = {{ from = "PASSWORD", as = "file" }} }}
    before_deploy = ["true"]

    [networks.back]
    [networks.front]
"""
DRIFTS = (
    "restart-policy",
    "limits",
    "extra-network",
    "disconnect",
    "pause",
    "kill",
    "rename",
    "image-moved",
    "port-taken",
    "job-removed",
    "remove",
    "network-removed",
    "name-taken",
)


@pytest.fixture
def deployed(project: Project) -> Project:
    # Images of its own: what is moved by hand must not be what others run.
    docker("tag", "redis:7", f"{project.name}/moving:1")
    docker("tag", "redis:7", f"{project.name}/queue:1")
    docker("tag", "postgres:17", f"{project.name}/other:1")
    project.environ.update(TOKEN="one", PASSWORD="two", AWKWARD="a/b", GONE="x")
    project.manifest(MANIFEST.format(port=free_port()).replace("@name", project.name))
    project.apply()
    return project


def test_plans_over_drifted_states_are_the_same_where_there_is_no_engine(deployed: Project) -> None:
    """One thing after the other happens to the same deployment, so that every state is another."""
    del deployed.environ["GONE"]
    hands = Hands(deployed.name, f"{deployed.name}/other:1", random.Random(7), _never)
    plans: list[str] = []
    try:
        for drift in (None, *DRIFTS):
            told = hands.do(drift) if drift else "nothing"
            deployed.run("observe", "--out", "seen.json")
            here = deployed.run("plan", "--format", "json", code=None)
            there = deployed.run(
                "plan", "--format", "json", "--observed", "seen.json", env=NOWHERE, code=None
            )
            assert (there.stdout, there.returncode) == (here.stdout, here.returncode), told
            plans.append(here.stdout)
    finally:
        hands.clean_up()
        hands.close()
    assert "secret GONE has no value" in plans[-1]
    assert "AWKWARD has characters" in plans[-1]
    assert len(set(plans)) >= 11, "ten states besides the first one are different"


def _never(service: str, number: int) -> None:
    raise AssertionError(f"nobody scales {service} to {number}")


@pytest.fixture
def strangers(project: Project) -> Iterator[Callable[[int], None]]:
    """Containers of nobody, of another project and of another stage."""
    made: list[str] = []

    def make(count: int) -> None:
        for index in range(count):
            words: tuple[str, ...] = ()
            if index % 3 == 1:
                words = ("--label", "shipyard.project=another", "--label", "shipyard.stage=default")
            elif index % 3 == 2:
                words = ("--label", f"shipyard.project={project.name}", "--label", "shipyard.stage=prod")
            made.append(docker("create", *words, "redis:7"))

    yield make
    if made:
        docker("rm", "-fv", *made)


def test_a_plan_asks_for_lists_and_once_for_each_of_its_own_containers(
    project: Project, strangers: Callable[[int], None], tmp_path: Path
) -> None:
    text = '[services.cache]\nimage = "redis:7"\nstop_timeout = "1s"\nreplicas = {0}\nsecrets = ["TOKEN"]\n'
    project.environ["TOKEN"] = "x"
    lists: list[list[str]] = []
    for replicas in (1, 3, 5):
        project.manifest(text.format(replicas))
        project.apply()
        strangers(replicas + 2)
        with ReadOnlyProxy(tmp_path / "engine.sock") as proxy:
            through = {"DOCKER_HOST": proxy.url}
            assert project.changes(env=through) == []
        targets = sorted(target for _, target in proxy.requests)
        inspects = [one for one in targets if one.startswith("/containers/") and "json?" not in one]
        own = project.ids("label=shipyard.stage=default")
        assert inspects == sorted(f"/containers/{container}/json" for container in own)
        assert len(own) == replicas
        lists.append([one for one in targets if one not in inspects])
    assert lists == [lists[0]] * 3
    assert len(lists[0]) == 5
