"""Who lives in another service's namespaces follows it; who waits for a port gets it."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.manifest import Publish
from shipyard.model.observed import Foreign, HostPort
from shipyard.model.plan import DriftCause, ReasonCause, ReplaceService, StopService
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def pair(shop: Shop, key: str = "network_mode", **host: Any) -> Any:
    value: Any = ["web"] if key == "volumes_from" else "service:web"
    guest = shop.service("guest", image="x:1", compose={key: value})
    return shop.desired(shop.service("web", image="x:1", **host), guest)


def world(shop: Shop, desired: Any, **guest: Any) -> Any:
    fields = {"shares": ("web1",), "started_at": "2026-01-01T00:00:02.5Z", **guest}
    made = shop.change(shop.world(desired), "guest1", **fields)
    return shop.change(made, "web1", started_at="2026-01-01T00:00:02.25Z")


KEYS = ("network_mode", "ipc", "pid", "volumes_from")


@pytest.mark.parametrize("key", KEYS)
def test_a_guest_stays_with_its_host(shop: Shop, key: str) -> None:
    desired = pair(shop, key)
    assert shop.ids(desired, world(shop, desired)) == []


@pytest.mark.parametrize("key", KEYS)
def test_a_guest_follows_a_host_that_is_replaced(shop: Shop, key: str) -> None:
    observed = world(shop, pair(shop, key))
    plan = reconcile(pair(shop, key, command=("new",)), observed)
    stops = [] if key == "volumes_from" else ["service.guest/stop"]
    assert [one.id for one in plan.operations] == [*stops, "service.web/replace", "service.guest/replace"]
    guest = plan.operations[-1]
    assert guest.causes == (
        ReasonCause(reason="dependency", text=f"it shares {key} of web, which is replaced"),
    )
    assert "service.web/replace" in guest.after
    for stop in plan.operations[:-2]:
        assert isinstance(stop, StopService)
        assert stop.containers == ("guest1",)
        assert plan.operations[-2].after == ("service.guest/stop",)


def test_a_guest_of_a_host_that_is_gone(shop: Shop) -> None:
    desired = pair(shop)
    operation = shop.only(desired, world(shop, desired, shares=("earlier",)))
    assert operation.id == "service.guest/replace"
    assert operation.causes == (
        DriftCause(path="shares.network_mode", declared="web", found="a container that is gone"),
    )


@pytest.mark.parametrize(
    ("started", "follows"),
    [
        ("2026-01-01T00:00:02.249Z", True),
        ("2026-01-01T00:00:02.3Z", False),
        ("2026-01-01T00:00:02Z", True),
        ("2026-01-01T00:00:03Z", False),
        ("", False),
    ],
)
def test_a_guest_that_runs_since_before_its_host_was_started_again(
    shop: Shop, started: str, follows: bool
) -> None:
    desired = pair(shop)
    assert bool(shop.ids(desired, world(shop, desired, started_at=started))) is follows


def test_a_guest_of_a_host_that_is_started(shop: Shop) -> None:
    desired = pair(shop)
    down = shop.change(world(shop, desired), "web1", state="exited", exit_code=137)
    assert shop.ids(desired, down) == ["service.web/start", "service.guest/replace"]
    both = shop.change(down, "guest1", state="exited", exit_code=137)
    assert shop.ids(desired, both) == ["service.web/start", "service.guest/start"]


@pytest.mark.parametrize("key", KEYS)
def test_a_guest_stops_before_a_host_that_goes_first(shop: Shop, key: str) -> None:
    """As when the port of a removed service is wanted: who lives in it moves to another later on."""
    port = (Publish(host_port=80, container_port=80),)
    observed = shop.change(
        world(shop, pair(shop, key)),
        "web1",
        ports=(HostPort(host_ip="", host_port=80, container_port=80, protocol="tcp"),),
    )
    moved = pair(shop, key)
    guest = replace(
        moved.service("guest"), compose={key: ["new"] if key == "volumes_from" else "service:new"}
    )
    plan = reconcile(shop.desired(shop.service("new", image="x:1", publish=port), guest), observed)
    stops = [] if key == "volumes_from" else ["service.guest/stop"]
    assert [one.id for one in plan.operations] == [
        *stops,
        *("service.web/remove", "service.new/create", "service.guest/replace"),
    ]
    assert plan.operations[len(stops)].after == tuple(stops)


def published(shop: Shop, **ports: int) -> Any:
    return shop.desired(
        *(
            shop.service(name, image="x:1", publish=(Publish(host_port=port, container_port=80),))
            for name, port in ports.items()
        )
    )


def test_a_port_that_moves_to_an_earlier_service_is_let_go_first(shop: Shop) -> None:
    plan = reconcile(published(shop, a=81, b=82), shop.world(published(shop, a=80, b=81)))
    assert [(one.id, one.after) for one in plan.operations] == [
        ("service.b/stop", ()),
        ("service.a/replace", ("service.b/stop",)),
        ("service.b/replace", ("service.b/stop",)),
    ]
    stop = plan.operations[0]
    assert isinstance(stop, StopService)
    assert stop.containers == ("b1",)
    assert stop.causes == (ReasonCause(reason="dependency", text="a needs port 81, which it holds"),)


def test_ports_that_are_swapped(shop: Shop) -> None:
    plan = reconcile(published(shop, a=81, b=80), shop.world(published(shop, a=80, b=81)))
    assert [one.id for one in plan.operations] == [
        "service.b/stop",
        "service.a/replace",
        "service.b/replace",
    ]


def test_a_port_that_moves_to_a_later_service_is_free_by_then(shop: Shop) -> None:
    plan = reconcile(published(shop, a=82, b=80), shop.world(published(shop, a=80, b=81)))
    assert [one.id for one in plan.operations] == ["service.a/replace", "service.b/replace"]


def test_what_is_paused_and_has_to_stop_is_not_unpaused(shop: Shop) -> None:
    observed = shop.change(shop.world(published(shop, a=80, b=81)), "b1", state="paused")
    plan = reconcile(published(shop, a=81, b=82), observed)
    assert [one.id for one in plan.operations] == [
        "service.b/stop",
        "service.a/replace",
        "service.b/replace",
    ]


def test_an_unchanged_host_stays_where_another_guest_is_replaced(shop: Shop) -> None:
    desired = pair(shop)
    changed = replace(desired, services=(desired.services[0], replace(desired.services[1], command=("new",))))
    assert shop.ids(changed, world(shop, desired)) == ["service.guest/replace"]


def test_a_guest_of_a_dead_host(shop: Shop) -> None:
    desired = pair(shop, replicas=2)
    dead = shop.change(world(shop, desired), "web1", state="dead")
    assert shop.ids(desired, dead) == ["service.web/mend", "service.web/scale", "service.guest/replace"]


def test_a_guest_of_a_replica_that_goes(shop: Shop) -> None:
    observed = world(shop, pair(shop, replicas=2), shares=("web2",))
    plan = reconcile(pair(shop), observed)
    assert [one.id for one in plan.operations] == [
        *("service.guest/stop", "service.web/scale", "service.guest/replace"),
    ]
    text = "it lives in web, which is scaled down"
    assert plan.operations[0].causes == (ReasonCause(reason="dependency", text=text),)
    text = "it shares network_mode of a container of web that goes"
    assert plan.operations[2].causes == (ReasonCause(reason="dependency", text=text),)
    # One of a replica that stays is left alone.
    assert shop.ids(pair(shop), world(shop, pair(shop, replicas=2))) == ["service.web/scale"]


def test_a_port_that_a_service_held_under_its_earlier_name(shop: Shop) -> None:
    before = published(shop, a=80, old=81)
    renamed = shop.service("new", image="x:1", was="old")
    plan = reconcile(shop.desired(published(shop, a=81).services[0], renamed), shop.world(before))
    assert [one.id for one in plan.operations] == [
        "service.new/stop",
        "service.a/replace",
        "service.new/replace",
    ]


def test_a_port_that_what_is_started_needs(shop: Shop) -> None:
    observed = shop.world(published(shop, a=80, b=80))
    down = shop.change(observed, "a1", state="exited", exit_code=137, ports=())
    assert shop.ids(published(shop, a=80, b=81), down) == [
        "service.b/stop",
        "service.a/start",
        "service.b/replace",
    ]


def test_a_guest_that_stops_before_its_host_does_not_start_first(shop: Shop) -> None:
    fields = {"image": "x:1", "compose": {"network_mode": "service:web"}}
    guest = shop.service("guest", **fields, rollout="start-first", replicas=2)
    before = shop.desired(shop.service("web", image="x:1"), guest)
    observed = shop.change(world(shop, before), "guest2", shares=("web1",))
    taken = Foreign(name="shop-prod-guest-1", ports=(), networks=(), volumes=(), compose_project=None)
    observed = replace(shop.change(observed, "guest1", name="elsewhere"), foreign=(taken,))
    after = shop.desired(shop.service("web", image="x:1", command=("new",)), guest)
    plan = reconcile(after, observed)
    assert [one.id for one in plan.operations] == [
        "service.guest/stop",
        "service.web/replace",
        "service.guest/replace",
    ]
    replaced = plan.operations[-1]
    assert isinstance(replaced, ReplaceService)
    assert replaced.strategy == "stop-first"
    assert replaced.interruption.seconds > 0
    # Both are gone when new ones are made, which have the first numbers again.
    assert [problem.address for problem in plan.problems] == ["service.guest"]
