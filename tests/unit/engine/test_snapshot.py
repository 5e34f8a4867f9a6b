"""What is owned, what engine is new enough, and what is read of its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.compile.labels import owned
from shipyard.engine.snapshot import EngineTooOld, _container, _foreign, check_version
from shipyard.model.observed import HostPort


@pytest.mark.parametrize("version", ["25.0.0", "25.0", "28.5.2", "100.1", "29.0.0-rc.1", "dev", ""])
def test_an_engine_that_will_do(version: str) -> None:
    check_version(version, "here")


@pytest.mark.parametrize("version", ["24.0.9", "20.10.17+dfsg1", "1.13.1"])
def test_an_engine_that_is_too_old(version: str) -> None:
    with pytest.raises(EngineTooOld) as caught:
        check_version(version, "ssh://box")
    assert caught.value.title == f"Docker Engine {version} is too old: Shipyard needs 25 or newer"
    assert caught.value.where == "ssh://box"


@pytest.mark.parametrize(
    ("found", "instance", "ours"),
    [
        ({"shipyard.project": "shop", "shipyard.stage": "prod"}, None, True),
        ({"shipyard.project": "shop", "shipyard.stage": "prod", "more": "x"}, None, True),
        ({"shipyard.project": "shop", "shipyard.stage": "dev"}, None, False),
        ({"shipyard.project": "other", "shipyard.stage": "prod"}, None, False),
        ({"shipyard.project": "shop"}, None, False),
        ({"com.docker.compose.project": "shop-prod"}, None, False),
        ({}, None, False),
        (None, None, False),
        ({"shipyard.project": "shop", "shipyard.stage": "prod", "shipyard.instance": "pr-1"}, None, False),
        ({"shipyard.project": "shop", "shipyard.stage": "prod", "shipyard.instance": "pr-1"}, "pr-1", True),
        ({"shipyard.project": "shop", "shipyard.stage": "prod", "shipyard.instance": "pr-2"}, "pr-1", False),
        ({"shipyard.project": "shop", "shipyard.stage": "prod"}, "pr-1", False),
    ],
)
def test_what_is_ours(found: dict[str, str] | None, instance: str | None, ours: bool) -> None:
    assert owned(found, labels.ownership("shop", "prod", instance)) is ours


def inspected(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "c1",
        "Name": "/shop-prod-web-2",
        "Image": "sha256:1",
        "RestartCount": 4,
        "State": {"Status": "running", "ExitCode": 0, "StartedAt": "then", "Health": {"Status": "healthy"}},
        "HostConfig": {"RestartPolicy": {"Name": "always"}, "NanoCpus": 1_500_000_000, "Memory": 512},
        "Config": {
            "Image": "shop/web:in-1",
            "Labels": {
                "shipyard.service": "web",
                "shipyard.spec": '{"image":"shop/web:in-1"}',
                "com.docker.compose.container-number": "2",
                "com.docker.compose.oneoff": "False",
            },
        },
        "NetworkSettings": {"Networks": {"b": {}, "a": {}}},
        **changes,
    }


LISTED: dict[str, Any] = {
    "Names": ["/shop-prod-web-2"],
    "Labels": {"com.docker.compose.project": "theirs"},
    "NetworkSettings": {"Networks": {"x": {}}},
    "Mounts": [{"Type": "volume", "Name": "v2"}, {"Type": "bind"}, {"Type": "volume", "Name": "v1"}],
    "Ports": [
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 9000, "Type": "tcp"},
    ],
}
PORTS = tuple(
    HostPort(host_ip=ip, host_port=8080, container_port=80, protocol="tcp") for ip in ("0.0.0.0", "::")
)


def test_a_container_of_ours() -> None:
    found = _container(inspected(), LISTED)
    assert (found.id, found.name, found.service, found.number) == ("c1", "shop-prod-web-2", "web", 2)
    assert (found.state, found.health, found.exit_code, found.restarts) == ("running", "healthy", 0, 4)
    assert (found.restart, found.cpus, found.memory) == ("always", 1.5, 512)
    assert found.spec == {"image": "shop/web:in-1"}
    assert (found.one_off, found.job) == (False, None)
    assert found.networks == ("a", "b")
    assert found.volumes == ("v1", "v2")
    assert found.ports == PORTS


@pytest.mark.parametrize(
    ("host", "cpus"),
    [
        ({"NanoCpus": 0, "CpuQuota": 50_000, "CpuPeriod": 100_000}, 0.5),
        ({"CpuQuota": 20_000}, 0.2),
        ({"CpuQuota": -1, "CpuPeriod": 100_000}, 0),
        ({}, 0),
    ],
)
def test_the_share_of_a_processor(host: dict[str, int], cpus: float) -> None:
    found = _container(inspected(HostConfig=host), {})
    assert (found.cpus, found.memory, found.restart) == (cpus, 0, "no")


@pytest.mark.parametrize(
    ("host", "limits"),
    [
        ({"PidsLimit": 100, "CpuShares": 512}, {"PidsLimit": 100, "CpuShares": 512}),
        ({"PidsLimit": -1, "CpuShares": 1024, "CpusetCpus": "", "BlkioWeight": 0}, {}),
        ({"PidsLimit": None, "MemoryReservation": 64}, {"MemoryReservation": 64}),
        ({"Memory": 64, "MemorySwap": 128}, {}),
        ({"Memory": 64, "MemorySwap": -1}, {}),
        ({"Memory": 64, "MemorySwap": 96}, {"MemorySwap": 96}),
    ],
)
def test_other_limits(host: dict[str, Any], limits: dict[str, Any]) -> None:
    assert _container(inspected(HostConfig=host), {}).limits == limits


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"Name": "on-failure", "MaximumRetryCount": 3}, "on-failure:3"),
        ({"Name": "on-failure", "MaximumRetryCount": 0}, "on-failure"),
        ({"Name": "unless-stopped", "MaximumRetryCount": 0}, "unless-stopped"),
        ({"Name": ""}, "no"),
    ],
)
def test_a_restart_policy_as_a_manifest_writes_it(policy: dict[str, Any], text: str) -> None:
    assert _container(inspected(HostConfig={"RestartPolicy": policy}), {}).restart == text


def test_places_on_networks() -> None:
    networks = {
        "back": {"NetworkID": "n1", "Aliases": ["web", "0123456789ab"]},
        "front": {"NetworkID": "", "Aliases": None},
        "gone": None,
    }
    found = _container(inspected(NetworkSettings={"Networks": networks}), {})
    assert found.networks == ("back", "front", "gone")
    assert found.network_ids == {"back": "n1"}
    assert found.aliases == {"back": ("web", "0123456789ab"), "front": (), "gone": ()}


def test_mounts_and_what_is_shared() -> None:
    mounts = [
        {"Type": "volume", "Name": "ab" * 32, "Destination": "/data"},
        {"Type": "volume", "Name": "shop_media", "Destination": "/media"},
        {"Type": "bind", "Source": "/srv/shop/static", "Destination": "/static"},
        {"Type": "tmpfs", "Destination": "/tmp"},
    ]
    host = {"NetworkMode": "container:c2", "IpcMode": "private", "VolumesFrom": ["c3:ro"], "PidMode": ""}
    found = _container(inspected(Mounts=mounts, HostConfig=host), {})
    assert found.anonymous == {"/data": "ab" * 32}
    assert found.binds == {"/static": "/srv/shop/static"}
    assert found.shares == ("c2", "c3")


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"x"', "null"])
def test_a_damaged_label_is_no_document(text: str | None) -> None:
    found = {"shipyard.service": "web", **({"shipyard.spec": text} if text is not None else {})}
    container = _container(inspected(Config={"Image": "x", "Labels": found}), {})
    assert (container.spec, container.number) == (None, 0)


def test_the_record_of_a_job() -> None:
    document = {"image": "x", "command": ["migrate"]}
    found = {"shipyard.job": json.dumps(document), "com.docker.compose.oneoff": "True"}
    container = _container(inspected(Config={"Image": "x", "Labels": found}), {})
    assert (container.job, container.one_off) == (document, True)


def test_a_container_of_others() -> None:
    found = _foreign(LISTED)
    assert (found.name, found.networks, found.volumes) == ("shop-prod-web-2", ("x",), ("v1", "v2"))
    assert (found.ports, found.compose_project) == (PORTS, "theirs")
    assert _foreign({}).name == "?"
