"""What one stage runs is taken over by another only as it is, and only where it is known to work."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.compile.inputs import inputs_label
from shipyard.errors import ErrorGroup
from shipyard.model.record import replace
from shipyard.reconcile.promotion import PromotionRefused, running_digests

Shop = Any
STAGES = ("staging", "prod")
DIGEST = "sha256:" + "d" * 64


@pytest.fixture
def plan(shop: Shop) -> Any:
    return shop.build()


def world(shop: Shop, plan: Any, **fields: Any) -> Any:
    """The source stage, which runs that image."""
    desired = shop.desired(shop.service("web", image=plan.reference, built="web"), images=(plan,))
    made = shop.world(desired)
    return shop.change(made, "web1", labels={labels.INPUTS: inputs_label(plan)}, **fields)


def taken(plan: Any, made: Any, seen: Any) -> dict[str, str | None]:
    return running_digests({"web": (None, plan)}, {"web": (None, made)} if made else {}, seen, STAGES)


def test_a_digest_is_taken_over_and_none_where_there_is_none(shop: Shop, plan: Any) -> None:
    assert taken(plan, plan, world(shop, plan)) == {"web": None}
    pulled = replace(plan, digest=DIGEST)
    assert taken(plan, plan, world(shop, pulled)) == {"web": DIGEST}


def test_a_one_shot_that_has_done_its_work_is_taken_over(shop: Shop, plan: Any) -> None:
    assert taken(plan, plan, world(shop, plan, state="exited", exit_code=0, restart="no")) == {"web": None}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"state": "exited"}, "web-1 is exited: it is not taken further"),
        ({"health": "unhealthy"}, "web-1 is unhealthy: it is not taken further"),
        ({"health": "starting"}, "web-1 is starting: it is not taken further"),
        ({"edited": True}, "web-1 is edited by `shipyard dev`: it is not taken further"),
        ({"state": "exited", "exit_code": 3, "restart": "no"}, "web-1 is exited: it is not taken further"),
        ({"image": "shop/web:in-0"}, "what staging runs of web is not of this source"),
    ],
)
def test_what_does_not_work_or_is_something_else_is_refused(
    shop: Shop, plan: Any, fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(PromotionRefused) as raised:
        taken(plan, plan, world(shop, plan, **fields))
    assert raised.value.title.endswith(why)


def test_a_stage_that_builds_otherwise_says_what(shop: Shop, plan: Any) -> None:
    other = shop.build(tag="in-2", facts={**plan.facts, "python": "3.11"})
    with pytest.raises(PromotionRefused, match="stage prod builds web otherwise than staging") as raised:
        taken(other, plan, world(shop, plan))
    assert raised.value.details == ("differs: build.python",)


def test_another_repository_or_nothing_that_runs(shop: Shop, plan: Any) -> None:
    other = replace(plan, repository="registry.example/shop/web")
    with pytest.raises(PromotionRefused, match="one registry"):
        taken(other, plan, world(shop, plan))
    with pytest.raises(PromotionRefused, match="runs no web"):
        taken(plan, None, world(shop, plan))


def test_all_that_is_refused_is_told(shop: Shop, plan: Any) -> None:
    builds = {"web": (None, plan), "api": (None, replace(plan, service="api"))}
    with pytest.raises(ErrorGroup) as raised:
        running_digests(builds, {}, world(shop, plan), STAGES)
    assert len(raised.value.errors) == 2
