"""A service under a new name takes the place of the earlier one."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.observed import Foreign
from shipyard.model.plan import (
    FieldCause,
    ImageCause,
    ReasonCause,
    RemoveService,
    ReplaceService,
    RunJob,
)
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any
WAS = ReasonCause(reason="renamed", text="was web")


def test_one_operation_replaces_the_containers_of_the_earlier_name(shop: Shop) -> None:
    before = shop.desired(shop.service("web", image="x:1", replicas=2))
    after = shop.desired(shop.service("api", image="x:1", was="web", replicas=3, command=("serve",)))
    operation = shop.only(after, shop.world(before))
    assert isinstance(operation, ReplaceService)
    assert (operation.address, operation.was) == ("service.api", "web")
    assert operation.containers == ("web1", "web2")
    assert operation.replicas == (2, 3)
    assert operation.causes == (
        WAS,
        FieldCause(path="command", before=None, after=("serve",)),
        FieldCause(path="replicas", before=2, after=3),
    )


def test_what_was_renamed_already_is_as_declared(shop: Shop) -> None:
    desired = shop.desired(shop.service("api", was="web"))
    assert shop.ids(desired, shop.world(desired)) == []
    # What came back under the earlier name is no longer declared.
    both = shop.world(shop.desired(shop.service("api"), shop.service("web")))
    assert shop.ids(desired, both) == ["service.web/remove"]


def test_nothing_ran_under_the_earlier_name(shop: Shop) -> None:
    desired = shop.desired(shop.service("api", was="web"))
    assert shop.ids(desired, replace(shop.world(desired), containers=())) == ["service.api/create"]


def with_job(shop: Shop, name: str, tag: str = "in-1", **fields: Any) -> Any:
    spec = shop.service(name, image=f"shop/{name}:{tag}", built=name, **fields)
    return shop.desired(spec, images=(shop.build(name, tag),), jobs=(shop.job(spec, "migrate"),))


def test_before_deploy_does_not_run_again_for_a_new_name(shop: Shop) -> None:
    world = shop.world(with_job(shop, "web"))
    plan = reconcile(with_job(shop, "api", was="web"), world)
    build, replaced = plan.operations
    assert build.id == "image.api/build"
    assert build.causes == (WAS,)
    assert isinstance(replaced, ReplaceService)
    assert replaced.carried == ("web-job",)
    cause = ImageCause(by="image.api/build", before="shop/web:in-1", after="shop/api:in-1")
    assert replaced.causes == (WAS, cause)


def test_before_deploy_runs_for_another_image(shop: Shop) -> None:
    plan = reconcile(with_job(shop, "api", "in-2", was="web"), shop.world(with_job(shop, "web")))
    job = next(one for one in plan.operations if isinstance(one, RunJob))
    assert job.causes == (ImageCause(by=None),)
    assert job.records == ("web-job",)
    replaced = plan.operations[-1]
    assert isinstance(replaced, ReplaceService)
    assert replaced.carried == ()


def test_a_record_that_was_carried_is_as_good_as_a_run(shop: Shop) -> None:
    desired = with_job(shop, "api", was="web")
    world = shop.world(desired)
    carried = shop.change(world, "api-job", state="created", labels={"shipyard.role": "record"})
    assert shop.ids(desired, carried) == []
    never_ran = shop.change(world, "api-job", state="created")
    assert shop.ids(desired, never_ran) == ["job.api/run"]


def test_records_that_nobody_needs_any_more_go(shop: Shop) -> None:
    world = shop.world(with_job(shop, "web"))
    spec = shop.service("api", image="shop/api:in-1", built="api", was="web")
    plan = reconcile(shop.desired(spec, images=(shop.build("api"),)), world)
    removal = plan.operations[-1]
    assert isinstance(removal, RemoveService)
    assert removal.containers == ("web-job",)


def test_a_record_of_what_is_gone_is_not_carried(shop: Shop) -> None:
    world = shop.world(with_job(shop, "web"))
    records = tuple(one for one in world.containers if one.one_off)
    plan = reconcile(with_job(shop, "api", was="web"), replace(world, containers=records))
    assert [one.id for one in plan.operations] == ["image.api/build", "job.api/run", "service.api/create"]
    job = plan.operations[1]
    assert isinstance(job, RunJob)
    assert job.records == ("web-job",)


def test_volumes_without_a_name_are_left_behind_and_told(shop: Shop) -> None:
    world = shop.change(shop.world(shop.desired(shop.service("web"))), "web1", anonymous={"/data": "ab" * 32})
    plan = reconcile(shop.desired(shop.service("api", image="web:1", was="web")), world)
    assert plan.notes == ("the anonymous volume abababababab (/data) of shop-prod-web-1 is left behind",)


@pytest.mark.parametrize(("taken", "told"), [("shop-prod-api-1", 1), ("shop-prod-web-1", 0)])
def test_a_stranger_under_the_new_name(shop: Shop, taken: str, told: int) -> None:
    world = shop.world(shop.desired(shop.service("web")))
    stranger = Foreign(name=taken, ports=(), networks=(), volumes=(), compose_project=None)
    plan = reconcile(
        shop.desired(shop.service("api", image="web:1", was="web")), replace(world, foreign=(stranger,))
    )
    assert len(plan.problems) == told


def test_what_was_not_well_under_the_earlier_name_is_no_business_of_the_new_one(shop: Shop) -> None:
    before = shop.desired(shop.service("old"))
    world = shop.change(shop.world(before), "old1", restarts=5)
    plan = reconcile(shop.desired(shop.service("new", image="old:1", was="old")), world)
    assert [one.id for one in plan.operations] == ["service.new/replace"]
    assert plan.attention == ()
