"""What was scaled by hand is told apart from what is declared otherwise, by what was last applied."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shipyard.model.observed import Observed, Volume
from shipyard.model.plan import DriftCause, FieldCause, ReasonCause, ScaleService
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile
from shipyard.reconcile.scale import record_due

Shop = Any


def with_record(observed: Observed, *records: dict[str, Any] | str, owned: bool = True) -> Observed:
    volumes = tuple(
        Volume(
            name=f"shop-prod_shipyard-record-{index}",
            owned=owned,
            labels={
                "shipyard.role": "record",
                "shipyard.replicas": one if isinstance(one, str) else json.dumps(one),
            },
        )
        for index, one in enumerate(records)
    )
    return replace(observed, volumes=(*observed.volumes, *volumes))


def field(before: int, after: int) -> FieldCause:
    return FieldCause(path="replicas", before=before, after=after)


def drift(declared: int, found: int) -> DriftCause:
    return DriftCause(path="replicas", declared=declared, found=found)


@pytest.mark.parametrize(
    ("declared", "found", "records", "causes"),
    [
        (2, 1, ({"web": 2},), (drift(2, 1),)),
        (1, 3, ({"web": 1},), (drift(1, 3),)),
        (3, 1, ({"web": 1},), (field(1, 3),)),
        (3, 1, ({"web": 2},), (field(2, 3), drift(2, 1))),
        (2, 1, (), (field(1, 2),)),
        (2, 1, ({"other": 2},), (field(1, 2),)),
        (2, 1, ("{",), (field(1, 2),)),
        (2, 1, ("[1]",), (field(1, 2),)),
        # Two records that an interrupted run left: where they agree they count.
        (2, 1, ({"web": 2, "a": 1}, {"web": 2}), (drift(2, 1),)),
        (2, 1, ({"web": 2}, {"web": 3}), (field(1, 2),)),
    ],
)
def test_why_a_service_is_scaled(
    shop: Shop, declared: int, found: int, records: tuple[Any, ...], causes: tuple[Any, ...]
) -> None:
    desired = shop.desired(shop.service("web", replicas=declared))
    world = with_record(shop.world(shop.desired(shop.service("web", replicas=found))), *records)
    operation = shop.only(desired, world)
    assert isinstance(operation, ScaleService)
    assert operation.replicas == (found, declared)
    assert operation.causes == causes


@pytest.mark.parametrize(
    ("records", "due"),
    [
        (({"web": 2},), False),
        (({"web": 2, "gone": 1},), True),
        ((), True),
        (({"web": 1},), True),
        (({"web": 2}, {"web": 1}), True),
        (({"web": 2}, {"web": 2, "gone": 1}), True),
    ],
)
def test_a_record_that_an_interrupted_run_left_is_seen(
    shop: Shop, records: tuple[Any, ...], due: bool
) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    world = with_record(shop.world(desired), *records)
    plan = reconcile(desired, world)
    assert plan.empty
    assert record_due(plan, desired, world) is due


def test_of_what_is_about_to_change_no_record_is_due(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    world = with_record(shop.world(shop.desired(shop.service("web"))), {"web": 1})
    assert not record_due(reconcile(desired, world), desired, world)


def test_somebody_elses_record_is_none(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    world = with_record(shop.world(shop.desired(shop.service("web"))), {"web": 2}, owned=False)
    assert shop.only(desired, world).causes == (field(1, 2),)


def test_containers_that_are_gone_are_drift_and_a_service_that_never_was_is_new(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    empty = replace(shop.world(desired), containers=())
    assert shop.only(desired, with_record(empty, {"web": 1})).causes == (drift(1, 0),)
    new = ReasonCause(reason="new", text="new service web:1")
    assert shop.only(desired, with_record(empty, {"db": 1})).causes == (new,)


def test_what_is_as_declared_stays_when_there_are_too_many(shop: Shop) -> None:
    """As after a start-first replace that was interrupted: the outdated ones go."""
    desired = shop.desired(shop.service("web", replicas=2, command=("new",)))
    old = shop.world(shop.desired(shop.service("web", replicas=2)))
    new = tuple(
        replace(one, id=f"{one.id}-new", number=one.number + 2, name=f"shop-prod-web-{one.number + 2}")
        for one in shop.world(desired).containers
    )
    operation = shop.only(desired, replace(old, containers=(*old.containers, *new)))
    assert isinstance(operation, ScaleService)
    assert operation.removed == ("web2", "web1")


def test_what_is_at_work_stays_and_what_is_stopped_goes(shop: Shop) -> None:
    """Or nothing would serve while the plan says that one does."""
    world = shop.world(shop.desired(shop.service("web", replicas=3)))
    for stopped in ("web1", "web2"):
        world = shop.change(world, stopped, state="exited")
    desired = shop.desired(shop.service("web", replicas=2, env={"V": ("2",)}))
    scale, replace_some = reconcile(desired, world).operations
    assert scale.removed == ("web2",)
    assert replace_some.containers == ("web1", "web3")
    assert replace_some.interruption.why == "one of 2 at a time"


def test_of_replicas_none_of_which_runs_it_says_so(shop: Shop) -> None:
    world = shop.world(shop.desired(shop.service("web", replicas=2)))
    for stopped in ("web1", "web2"):
        world = shop.change(world, stopped, state="exited")
    desired = shop.desired(shop.service("web", replicas=2, env={"V": ("2",)}))
    (operation,) = reconcile(desired, world).operations
    assert operation.interruption.why == "it does not run now"
