"""What was changed by hand is seen, shown apart, and repaired in place where the engine can."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from project import Project, docker

MANIFEST = """
    [services.cache]
    image = "redis:7"
    networks = ["back"]
    resources = { memory = "64M" }
    [networks.back]
"""


def _kill(name: str) -> None:
    docker("kill", name)


def _stop(name: str) -> None:
    docker("stop", "-t", "1", name)


def _pause(name: str) -> None:
    docker("pause", name)


def _policy(name: str) -> None:
    docker("update", "--restart", "no", name)


def _memory(name: str) -> None:
    docker("update", "--memory", "96M", "--memory-swap", "192M", name)


def _disconnect(name: str) -> None:
    docker("network", "disconnect", name.removesuffix("-cache-1") + "_back", name)


def _remove(name: str) -> None:
    docker("rm", "-f", name)


@pytest.mark.parametrize(
    ("by_hand", "operation", "cause"),
    [
        (_kill, "service.cache/start", ("state", "running", "exited with code 137")),
        (_stop, "service.cache/start", ("state", "running", "exited with code 0")),
        (_pause, "service.cache/unpause", ("state", "running", "paused")),
        (_policy, "service.cache/update", ("restart", "unless-stopped", "no")),
        (_memory, "service.cache/update", ("resources.memory", 64 << 20, 96 << 20)),
        (_disconnect, "service.cache/connect", ("networks.{0}_back", "connected", "disconnected")),
    ],
)
def test_drift_is_repaired_in_place(
    project: Project, by_hand: Callable[[str], None], operation: str, cause: tuple[str, object, object]
) -> None:
    project.manifest(MANIFEST)
    project.apply()
    before = project.container("cache")
    by_hand(f"{project.name}-cache-1")
    (planned,) = project.plan()["operations"]
    path, declared, found = cause
    assert planned["id"] == operation
    assert planned["causes"] == [
        {"kind": "drift", "path": path.format(project.name), "declared": declared, "found": found}
    ]
    assert "drift" in project.run("plan").stdout
    with project.events() as events:
        project.apply()
    assert not {"create", "destroy"} & {event["Action"] for event in events}
    after = project.container("cache")
    assert after["Id"] == before["Id"]
    assert after["State"]["Health"]["Status"] == "healthy"
    assert after["HostConfig"]["RestartPolicy"] == before["HostConfig"]["RestartPolicy"]
    assert after["HostConfig"]["Memory"] == before["HostConfig"]["Memory"]
    aliases = after["NetworkSettings"]["Networks"][f"{project.name}_back"]["Aliases"]
    assert "cache" in aliases
    assert project.changes() == []


def test_drift_of_what_is_replaced_is_told_too(project: Project) -> None:
    project.manifest(MANIFEST)
    project.apply()
    for by_hand in (_disconnect, _policy, _stop):
        by_hand(f"{project.name}-cache-1")
    project.manifest(MANIFEST.replace('"redis:7"', '"redis:7"\n    env = { COLOUR = "red" }'))
    (planned,) = project.plan()["operations"]
    assert planned["id"] == "service.cache/replace"
    drift = {
        ("restart", "unless-stopped", "no"),
        (f"networks.{project.name}_back", "connected", "disconnected"),
        ("state", "running", "exited with code 0"),
    }
    found = {
        (one["path"], one["declared"], one["found"]) for one in planned["causes"] if one["kind"] == "drift"
    }
    assert found == drift
    assert [one["path"] for one in planned["causes"] if one["kind"] == "field"] == ["env.COLOUR"]
    alone = project.run("plan", "--drift").stdout
    assert "disconnected" in alone
    assert "COLOUR" not in alone
    project.apply()
    assert project.plan()["operations"] == []


def test_limits_that_are_passed_through_are_compared_too(project: Project) -> None:
    project.manifest(
        """
        [services.cache]
        image = "redis:7"
        [services.cache.compose]
        pids_limit = 100
        cpu_shares = 512
        cpuset = "0"
        mem_reservation = "32M"
        mem_limit = "100M"
        memswap_limit = "300M"
        cpus = 0.5
        restart = "on-failure:3"
        """
    )
    project.apply()
    assert project.plan()["operations"] == []
    by_hand = ["--pids-limit=200", "--cpu-shares=300", "--memory-reservation=33M", "--memory=90M"]
    docker("update", *by_hand, "--cpus=0.25", f"{project.name}-cache-1")
    (planned,) = project.plan()["operations"]
    assert planned["id"] == "service.cache/replace"
    assert [(one["kind"], one["path"].partition(".")[2]) for one in planned["causes"]] == [
        ("drift", "cpu_shares"),
        ("drift", "cpus"),
        ("drift", "mem_limit"),
        ("drift", "mem_reservation"),
        ("drift", "pids_limit"),
    ]
    project.apply()
    assert project.plan()["operations"] == []


def test_before_deploy_runs_in_an_image_that_was_tagged_anew(project: Project) -> None:
    image = f"{project.name}/app:1"
    docker("tag", "redis:7", image)
    project.manifest(f"""
        [services.cache]
        image = "{image}"
        before_deploy = "true"
    """)
    project.apply()
    assert project.plan()["operations"] == []
    docker("commit", f"{project.name}-cache-1", image)
    assert project.changes() == ["job.cache/run", "service.cache/replace"]
    project.apply()
    assert project.plan()["operations"] == []
    job = docker("ps", "-aq", "--no-trunc", "--filter", f"ancestor={image}", "--filter", "status=exited")
    assert len(job.split()) == 1
    assert project.container("cache")["Config"]["Image"] == image


def test_a_removed_container_is_made_again_with_its_volume(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nvolumes = ["data:/data"]\n')
    project.apply()
    name = f"{project.name}-cache-1"
    docker("exec", name, "redis-cli", "set", "kept", "yes")
    docker("exec", name, "redis-cli", "save")
    docker("rm", "-f", name)
    assert project.changes() == ["service.cache/create"]
    project.apply()
    assert docker("exec", name, "redis-cli", "get", "kept") == "yes"


def test_scaling_by_hand_is_planned_back(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nreplicas = 2\n')
    project.apply()
    docker("rm", "-f", f"{project.name}-cache-2")
    (planned,) = project.plan()["operations"]
    assert (planned["id"], planned["replicas"]) == ("service.cache/scale", [1, 2])
    project.apply()
    assert project.changes() == []


def test_a_network_that_is_gone_is_made_again_and_joined(project: Project) -> None:
    project.manifest(MANIFEST)
    project.apply()
    name = f"{project.name}-cache-1"
    docker("network", "disconnect", f"{project.name}_back", name)
    docker("network", "rm", f"{project.name}_back")
    assert project.changes() == ["network.back/create", "service.cache/connect"]
    project.apply()
    assert project.changes() == []


def test_other_settings_of_a_network_replace_it_under_running_containers(project: Project) -> None:
    project.manifest(MANIFEST)
    project.apply()
    before = project.container("cache")["Id"]
    project.manifest(MANIFEST.replace("[networks.back]", "[networks.back]\n    internal = true"))
    assert project.changes() == ["network.back/replace"]
    project.apply()
    assert project.container("cache")["Id"] == before
    network = json.loads(docker("network", "inspect", f"{project.name}_back"))[0]
    assert network["Internal"] is True
    assert list(network["Containers"]) == [before]
    assert project.changes() == []


def test_a_name_that_was_lost_comes_back_with_a_network_of_other_settings(project: Project) -> None:
    project.manifest(MANIFEST)
    project.apply()
    network, name = f"{project.name}_back", f"{project.name}-cache-1"
    docker("network", "disconnect", network, name)
    docker("network", "connect", network, name)
    project.manifest(MANIFEST.replace("[networks.back]", "[networks.back]\n    internal = true"))
    assert project.changes() == ["network.back/replace"]
    project.apply()
    assert "cache" in project.container("cache")["NetworkSettings"]["Networks"][network]["Aliases"]
    assert project.changes() == []


def test_an_image_tag_that_was_moved_replaces_the_container(project: Project) -> None:
    tag = f"{project.name}/moved:1"
    docker("tag", "redis:7", tag)
    project.manifest(f'[services.cache]\nimage = "{tag}"\nhealth.command = ["redis-cli", "ping"]\n')
    project.apply()
    docker("tag", "postgres:17", tag)
    (planned,) = project.plan()["operations"]
    assert planned["id"] == "service.cache/replace"
    assert (planned["causes"][0]["kind"], planned["causes"][0]["path"]) == ("drift", "image")
    docker("tag", "redis:7", tag)
    assert project.changes() == []


def test_what_an_interrupted_replace_left_is_mended(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    project.apply()
    before = project.container("cache")["Id"]
    docker("rename", f"{project.name}-cache-1", f"{before[:12]}_{project.name}-cache-1")
    assert project.changes() == ["service.cache/mend"]
    project.apply()
    assert project.container("cache")["Name"] == f"/{project.name}-cache-1"
    assert project.container("cache")["Id"] == before
    assert project.changes() == []
