"""What was done by hand to a container that is replaced is told beside what replaces it."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.model.desired import NetworkSpec
from shipyard.model.observed import Network
from shipyard.model.plan import DriftCause, FieldCause, Plan, ReplaceService, ScaleService
from shipyard.model.record import replace
from shipyard.reconcile.drift import only_drift
from shipyard.reconcile.reconcile import reconcile

Shop = Any
DEFAULT = "shop-prod_default"


def _replacement(plan: Plan) -> ReplaceService:
    (operation,) = (one for one in plan.operations if isinstance(one, ReplaceService))
    return operation


def _drift(operation: ReplaceService) -> list[DriftCause]:
    return [cause for cause in operation.causes if isinstance(cause, DriftCause)]


@pytest.mark.parametrize(
    ("by_hand", "path", "declared", "found"),
    [
        ({"networks": ()}, f"networks.{DEFAULT}", "connected", "disconnected"),
        (
            {"networks": (DEFAULT, "bridge")},
            "networks.bridge",
            "not connected",
            "connected by hand",
        ),
        (
            {"aliases": {DEFAULT: ("another",)}},
            f"networks.{DEFAULT}",
            "connected",
            "connected without the name web",
        ),
        ({"restart": "no"}, "restart", "unless-stopped", "no"),
        ({"cpus": 2.0}, "resources.cpus", 0.5, 2.0),
        ({"memory": 1 << 30}, "resources.memory", 256 << 20, 1 << 30),
        ({"limits": {"PidsLimit": 50}}, "compose.pids_limit", 0, 50),
        ({"state": "exited", "exit_code": 137}, "state", "running", "exited with code 137"),
        ({"state": "created"}, "state", "running", "created"),
        ({"state": "paused"}, "state", "running", "paused"),
    ],
)
@pytest.mark.parametrize("changed", ["env", "resources", "restart", "networks"])
def test_drift_is_told_beside_a_declared_change(
    shop: Shop, by_hand: dict[str, Any], path: str, declared: object, found: object, changed: str
) -> None:
    """It differs from what was declared when the container was made, and not from what is declared now."""
    before = shop.desired(shop.service("web", cpus=0.5, memory=256 << 20))
    to = {
        "env": {"env": {"A": ("1",)}},
        "resources": {"cpus": 4.0, "memory": 512 << 20},
        "restart": {"restart": "always"},
        "networks": {"networks": ("shop-prod_back",)},
    }[changed]
    networks = (NetworkSpec(key="back", name="shop-prod_back"), *before.networks)
    after = shop.desired(shop.service("web", **{"cpus": 0.5, "memory": 256 << 20, **to}), networks=networks)
    operation = _replacement(reconcile(after, shop.change(shop.world(before), "web1", **by_hand)))
    assert _drift(operation) == [DriftCause(path=path, declared=declared, found=found)]
    assert any(isinstance(cause, FieldCause) for cause in operation.causes)


def test_what_dev_has_stopped_is_no_drift(shop: Shop) -> None:
    before = shop.desired(shop.service("web"))
    (web,) = shop.world(before).containers
    marks = {**web.labels, labels.MODE: "develop"}
    world = shop.change(shop.world(before), "web1", state="exited", labels=marks)
    after = shop.desired(shop.service("web", env={"A": ("1",)}))
    assert _drift(_replacement(reconcile(after, world))) == []


def test_drift_of_a_replica_that_goes_is_told(shop: Shop) -> None:
    before = shop.desired(shop.service("web", replicas=2))
    world = shop.change(shop.world(before), "web2", networks=(), state="exited", exit_code=137)
    after = shop.desired(shop.service("web"))
    plan = reconcile(after, world)
    (operation,) = plan.operations
    assert isinstance(operation, ScaleService)
    assert operation.removed == ("web2",)
    told = [cause.path for cause in operation.causes if isinstance(cause, DriftCause)]
    assert told == [f"networks.{DEFAULT}", "state"]
    (alone,) = only_drift(plan).operations
    assert len(alone.causes) == 2


LIMITS: list[tuple[dict[str, object], dict[str, object], dict[str, object], str]] = [
    ({"pids_limit": 100}, {"limits": {"PidsLimit": 100}}, {"limits": {"PidsLimit": 200}}, "pids_limit"),
    ({"pids_limit": 100}, {"limits": {"PidsLimit": 100}}, {"limits": {}}, "pids_limit"),
    ({"cpu_shares": 512}, {"limits": {"CpuShares": 512}}, {"limits": {"CpuShares": 300}}, "cpu_shares"),
    ({"cpuset": "0-1"}, {"limits": {"CpusetCpus": "0-1"}}, {"limits": {"CpusetCpus": "0"}}, "cpuset"),
    (
        {"mem_reservation": "32M"},
        {"limits": {"MemoryReservation": 32 << 20}},
        {"limits": {"MemoryReservation": 33 << 20}},
        "mem_reservation",
    ),
    ({"mem_limit": "100m"}, {"memory": 100 << 20}, {"memory": 90 << 20}, "mem_limit"),
    ({"cpus": 0.5}, {"cpus": 0.5}, {"cpus": 0.75}, "cpus"),
    ({"restart": "on-failure:3"}, {"restart": "on-failure:3"}, {"restart": "no"}, "restart"),
]
"""What is passed through, what the engine has then, and what somebody made of that."""


@pytest.mark.parametrize(("compose", "as_made", "by_hand", "key"), LIMITS)
def test_limits_that_are_passed_through(
    shop: Shop, compose: dict[str, Any], as_made: dict[str, Any], by_hand: dict[str, Any], key: str
) -> None:
    desired = shop.desired(shop.service("web", compose=compose))
    world = shop.change(shop.world(desired), "web1", **as_made)
    assert reconcile(desired, world).empty
    drifted = shop.change(world, "web1", **by_hand)
    operation = _replacement(reconcile(desired, drifted))
    assert [cause.path for cause in operation.causes] == [f"compose.{key}"]
    # Without the key the same is a change of what is declared, and no drift.
    without = shop.desired(shop.service("web"))
    operation = _replacement(reconcile(without, world))
    assert [(type(cause), cause.path) for cause in operation.causes] == [(FieldCause, f"compose.{key}")]
    assert _drift(_replacement(reconcile(without, drifted))) != []


@pytest.mark.parametrize(
    "compose",
    [
        {"pids_limit": -1},
        {"pids_limit": True},
        {"cpu_shares": 1024},
        {"cpu_shares": "${SHARES}"},
        {"cpuset": "${SET}"},
        {"mem_limit": "${MEMORY}"},
        {"mem_limit": 0},
        {"cpus": "1.5"},
        {"restart": False},
        {"cpu_quota": 50000},
        {"blkio_config": {"weight": 300}},
    ],
)
def test_what_does_not_say_what_the_engine_has_is_no_drift(shop: Shop, compose: dict[str, Any]) -> None:
    desired = shop.desired(shop.service("web", compose=compose))
    for found in ({}, {"cpus": 0.5, "limits": {"BlkioWeight": 300, "PidsLimit": 7}}):
        world = shop.change(shop.world(desired), "web1", **found)
        drift = [
            cause.path
            for one in reconcile(desired, world).operations
            for cause in one.causes
            if isinstance(cause, DriftCause)
        ]
        assert not {f"compose.{key}" for key in compose} & set(drift)


def test_a_network_made_again_by_hand_is_told(shop: Shop) -> None:
    before = shop.desired(shop.service("web"))
    world = shop.change(shop.world(before), "web1", network_ids={DEFAULT: "gone"})
    world = replace(world, networks=tuple(replace(one, id="now") for one in world.networks))
    after = shop.desired(shop.service("web", image="web:2"))
    operation = _replacement(reconcile(after, world))
    assert [cause.found for cause in _drift(operation)] == ["connected to an earlier network of this name"]


def test_nothing_is_told_of_what_the_manifest_moved(shop: Shop) -> None:
    before = shop.desired(shop.service("web", memory=1 << 28, restart="no"))
    after = shop.desired(shop.service("web", image="web:2", networks=(), compose={"network_mode": "host"}))
    operation = _replacement(reconcile(after, shop.world(before)))
    assert _drift(operation) == []


def test_what_ended_well_and_is_not_started_again_is_no_drift(shop: Shop) -> None:
    before = shop.desired(shop.service("web", restart="no"))
    after = shop.desired(shop.service("web", restart="no", image="web:2"))
    world = shop.change(shop.world(before), "web1", state="exited", exit_code=0)
    operation = _replacement(reconcile(after, world))
    assert _drift(operation) == []


@pytest.mark.parametrize("recorded", [None, {"format": 99}, {"format": 1, "networks": 3, "resources": [1]}])
def test_a_record_of_another_shape_is_compared_with_nothing_it_does_not_say(
    shop: Shop, recorded: dict[str, object] | None
) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.change(shop.world(desired), "web1", spec=recorded, memory=5, networks=(DEFAULT,))
    operation = _replacement(reconcile(desired, world, replace=frozenset({"web"})))
    told = [cause.path for cause in _drift(operation)]
    assert ("resources.memory" in told) == (recorded is not None and recorded["format"] == 1)


def test_of_a_renamed_service_it_is_told_too(shop: Shop) -> None:
    before = shop.desired(shop.service("web"))
    world = shop.change(shop.world(before), "web1", networks=(), restart="always")
    after = shop.desired(shop.service("site", was="web", image="web:1"))
    operation = _replacement(reconcile(after, world))
    assert [cause.path for cause in _drift(operation)] == ["restart", f"networks.{DEFAULT}"]


def test_drift_alone_has_what_is_replaced_for_another_reason_too(shop: Shop) -> None:
    before = shop.desired(shop.service("web"), shop.service("worker"))
    world = shop.change(shop.world(before), "web1", networks=())
    env = {"A": ("1",)}
    after = shop.desired(shop.service("web", env=env), shop.service("worker", env=env))
    plan = reconcile(after, world)
    assert [one.id for one in plan.operations] == ["service.web/replace", "service.worker/replace"]
    (operation,) = only_drift(plan).operations
    assert operation.id == "service.web/replace"
    assert [cause.path for cause in operation.causes] == [f"networks.{DEFAULT}"]


def test_a_network_of_another_stage_or_project_is_no_drift_when_recorded(shop: Shop) -> None:
    before = shop.desired(
        shop.service("web", networks=(DEFAULT, "shared")),
        networks=(
            NetworkSpec(key="default", name=DEFAULT),
            NetworkSpec(key="shared", name="shared", external=True),
        ),
    )
    world = shop.change(
        replace(
            shop.world(before),
            networks=(*shop.world(before).networks, Network(id="s1", name="shared", owned=False)),
        ),
        "web1",
        network_ids={"shared": "s1"},
    )
    after = shop.desired(shop.service("web"))
    operation = _replacement(reconcile(after, world))
    assert _drift(operation) == []
