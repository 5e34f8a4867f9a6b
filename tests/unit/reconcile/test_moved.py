"""A built image's tag that was moved by hand is seen by what images and containers record of their inputs."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.compile.inputs import inputs_label
from shipyard.model.plan import BuildImage, DriftCause, ReplaceService
from shipyard.model.record import replace
from shipyard.reconcile.drift import only_drift
from shipyard.reconcile.reconcile import reconcile

Shop = Any
REFERENCE = "shop/web:in-1"
TAG = DriftCause(path="image.tag", declared="in-1", found="other")
INPUTS = DriftCause(path="image.inputs", declared="those of its tag", found="other")


@pytest.fixture
def desired(shop: Shop) -> Any:
    web = shop.service("web", image=REFERENCE, built="web")
    return shop.desired(web, images=(shop.build(),))


@pytest.fixture
def other(shop: Shop) -> str:
    """What an image of other inputs records."""
    return inputs_label(shop.build(files={"app.py": "b" * 64}))


def moved(world: Any, label: str | None) -> Any:
    inputs = {} if label is None else {REFERENCE: label}
    return replace(world, images={**world.images, REFERENCE: "sha256:other"}, inputs=inputs)


def test_the_tag_is_given_back_and_what_is_right_stays(shop: Shop, desired: Any, other: str) -> None:
    for label in (other, None):
        plan = reconcile(desired, moved(shop.world(desired), label))
        assert plan.operations == (BuildImage(address="image.web", causes=(TAG,), reference=REFERENCE),)
        assert only_drift(plan).operations == plan.operations


def test_what_was_made_of_it_is_replaced(shop: Shop, desired: Any, other: str) -> None:
    world = moved(shop.world(desired), other)
    recorded = {**world.containers[0].labels, labels.INPUTS: other}
    world = shop.change(world, "web1", image_id="sha256:other", labels=recorded)
    build, replacing = reconcile(desired, world).operations
    assert build.causes == (TAG,)
    assert isinstance(replacing, ReplaceService)
    assert (replacing.causes, replacing.after) == ((INPUTS,), ("image.web/build",))


def test_a_container_without_a_record_made_of_it_is_replaced(shop: Shop, desired: Any, other: str) -> None:
    world = moved(shop.world(desired), other)
    world = shop.change(world, "web1", image_id="sha256:other", labels={})
    assert [one.id for one in reconcile(desired, world).operations] == [
        "image.web/build",
        "service.web/replace",
    ]


def test_the_same_inputs_under_another_id_are_the_same(shop: Shop, desired: Any) -> None:
    plan = reconcile(desired, moved(shop.world(desired), inputs_label(shop.build())))
    assert plan.empty
    told = "web runs image shop/web:in-, and its tag means other now, by its labels of the same inputs"
    assert f"{told}: `apply --replace web` takes that one" in plan.notes


def test_what_compose_built_records_nothing_and_is_taken(shop: Shop, desired: Any) -> None:
    world = moved(shop.world(desired), None)
    assert reconcile(desired, shop.change(world, "web1", image_id="sha256:other", labels={})).empty


def test_inputs_too_many_for_a_label_say_nothing(shop: Shop, desired: Any) -> None:
    nothing = '{"depth":0,"facts":{},"files":{}}'
    assert reconcile(desired, moved(shop.world(desired), nothing)).empty


def test_an_image_asked_for_by_digest_cannot_be_moved(shop: Shop, other: str) -> None:
    pinned = shop.build(digest="sha256:" + "d" * 64)
    web = shop.service("web", image=pinned.reference, built="web")
    desired = shop.desired(web, images=(pinned,))
    assert reconcile(desired, replace(shop.world(desired), inputs={REFERENCE: other})).empty
