"""What replaces nothing and is worth knowing: other checkouts, newer recipes, later formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipyard.compile import labels, spec
from shipyard.compile.spec import Document
from shipyard.model.manifest import Mount
from shipyard.model.plan import FieldCause, ReasonCause, ReplaceService
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def bound(shop: Shop, root: str) -> Any:
    mount = Mount(kind="bind", source="static", target="/static")
    desired = shop.desired(shop.service("web", volumes=(mount,)))
    return replace(desired, manifest=replace(desired.manifest, root=Path(root)))


def test_another_checkout_replaces_nothing(shop: Shop) -> None:
    world = shop.change(shop.world(bound(shop, "/builds/1")), "web1", binds={"/static": "/builds/1/static"})
    here, there = reconcile(bound(shop, "/builds/1"), world), reconcile(bound(shop, "/builds/2"), world)
    assert (here.operations, here.notes) == ((), ())
    assert there.operations == ()
    assert there.notes == (
        "shop-prod-web-1 has /static from /builds/1/static, another checkout: "
        "`apply --replace web` takes it from here",
    )


def test_another_folder_in_the_project_is_a_change(shop: Shop) -> None:
    before = bound(shop, "/srv/shop")
    (web,) = before.services
    after = replace(web, volumes=(Mount(kind="bind", source="other", target="/static"),))
    operation = shop.only(replace(before, services=(after,)), shop.world(before))
    assert operation.causes == (FieldCause(path="volumes./static", before="./static", after="./other"),)


@pytest.mark.parametrize(("recorded", "told"), [("0", True), ("1", False), ("2", False), ("x", False)])
def test_a_newer_recipe_is_told(shop: Shop, recorded: str, told: bool) -> None:
    desired = shop.with_job()
    world = shop.world(desired)
    world = shop.change(world, "web1", labels={**world.containers[0].labels, labels.RECIPE: recorded})
    plan = reconcile(desired, world)
    assert plan.operations == ()
    note = "web: a newer image recipe is taken at its next real change"
    assert plan.notes == ((note,) if told else ())


def test_an_upgrade_to_another_format_replaces_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded by a version that called `restart` by another name and knew no `tmpfs`."""

    def as_zero(document: Document) -> Document:
        kept = {key: value for key, value in document.items() if key not in ("restart", "tmpfs")}
        return {**kept, "format": 0, **({"policy": document["restart"]} if "restart" in document else {})}

    desired = shop.with_job()
    world = shop.world(desired)
    older = replace(
        world,
        containers=tuple(
            replace(one, spec=as_zero(dict(one.spec)) if one.spec else None, job=one.job and as_zero(one.job))
            for one in world.containers
        ),
    )
    monkeypatch.setitem(spec.OLDER, 0, as_zero)
    plan = reconcile(desired, older)
    assert (plan.operations, plan.notes) == ((), ())
    changed = replace(
        desired, services=tuple(replace(one, restart="always") for one in desired.services), jobs=()
    )
    operations = {one.id: one for one in reconcile(changed, older).operations}
    cause = FieldCause(path="policy", before="unless-stopped", after="always")
    assert cause in operations["service.web/replace"].causes


def test_what_a_later_version_recorded_is_not_compared(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", command=("new",)))
    world = shop.world(shop.desired(shop.service("web")))
    later = shop.change(world, "web1", spec={"format": 99, "anything": "else"})
    plan = reconcile(desired, later)
    assert plan.operations == ()
    assert plan.notes == (
        "shop-prod-web-1 was made by a later version of Shipyard: what it runs with is not compared",
    )


def test_a_forced_replace(shop: Shop) -> None:
    desired = shop.desired(shop.service("db"), shop.service("web", needs=("db",)))
    plan = reconcile(desired, shop.world(desired), replace=frozenset({"web"}))
    (operation,) = plan.operations
    assert isinstance(operation, ReplaceService)
    assert operation.id == "service.web/replace"
    assert operation.causes == (ReasonCause(reason="forced", text="asked for"),)


def test_a_forced_replace_runs_no_before_deploy(shop: Shop) -> None:
    desired = shop.with_job()
    plan = reconcile(desired, shop.world(desired), replace=frozenset({"web", "worker"}))
    assert [one.id for one in plan.operations] == ["service.web/replace", "service.worker/replace"]


@pytest.mark.parametrize(
    ("fields", "left"),
    [({}, False), ({"replicas": 2}, True), ({"rollout": "start-first"}, True)],
)
def test_anonymous_volumes_are_kept_by_a_recreate_alone(
    shop: Shop, fields: dict[str, Any], left: bool
) -> None:
    before = shop.service("web", **fields)
    world = shop.change(shop.world(shop.desired(before)), "web1", anonymous={"/data": "cd" * 32})
    plan = reconcile(shop.desired(replace(before, command=("new",))), world)
    note = "the anonymous volume cdcdcdcdcdcd (/data) of shop-prod-web-1 is left behind"
    assert plan.notes == ((note,) if left else ())
