"""A database's data change hands only when nobody is at work on them."""

from __future__ import annotations

from typing import Any

from shipyard.model.manifest import Mount
from shipyard.model.observed import Foreign
from shipyard.model.plan import CreateService, RemoveService, StopService
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any
KEPT = "/var/lib/postgresql/data"


def database(shop: Shop, name: str, volume: str = "shop-prod_data") -> Any:
    mount = Mount(kind="volume", source=volume, target=KEPT)
    return shop.service(name, image="postgres:17", volumes=(mount,))


def test_under_another_name_the_old_one_goes_first(shop: Shop) -> None:
    before = shop.desired(database(shop, "db"), volumes=(shop.volume(),))
    after = shop.desired(database(shop, "aaa"), volumes=(shop.volume(),))
    plan = reconcile(after, shop.world(before))
    removal = next(one for one in plan.operations if isinstance(one, RemoveService))
    assert removal.causes[0].text == "no longer declared; aaa takes over its data"
    order = [one.id for one in plan.operations]
    creation = next(one for one in plan.operations if isinstance(one, CreateService))
    assert order.index(removal.id) < order.index(creation.id)
    assert removal.after == ()
    assert plan.problems == ()


def test_a_service_that_moves_to_another_volume_stops_for_the_one_that_takes_its_data(shop: Shop) -> None:
    before = shop.desired(database(shop, "db"), volumes=(shop.volume(),))
    moved = (database(shop, "aaa"), database(shop, "db", "shop-prod_more"))
    after = shop.desired(*moved, volumes=(shop.volume(), shop.volume("more")))
    plan = reconcile(after, shop.world(before))
    order = [(type(one), one.address) for one in plan.operations]
    stop, creation = (StopService, "service.db"), (CreateService, "service.aaa")
    assert order.index(stop) < order.index(creation)
    stopped = next(one for one in plan.operations if isinstance(one, StopService))
    assert stopped.causes[0].text == "aaa takes over its data"


def test_somebody_elses_server_on_the_data_is_a_problem(shop: Shop) -> None:
    desired = shop.desired(database(shop, "db"), volumes=(shop.volume(),))
    stranger = Foreign(
        name="old-db-1", ports=(), networks=(), volumes=("shop-prod_data",), compose_project="old"
    )
    at_work = replace(stranger, writes=("shop-prod_data",))
    there = replace(shop.world(desired), containers=())
    told = [one.title for one in reconcile(desired, replace(there, foreign=(at_work,))).problems]
    assert told == [
        "container old-db-1 runs with shop-prod_data, where db keeps its data: two servers at once would "
        "damage it"
    ]
    assert reconcile(desired, replace(there, foreign=(stranger,))).problems == ()
    both = replace(shop.world(desired), foreign=(at_work,))
    assert reconcile(desired, both).problems == ()


def test_a_plan_of_the_new_one_alone_is_told_of_the_old(shop: Shop) -> None:
    before = shop.desired(database(shop, "db"), volumes=(shop.volume(),))
    after = shop.desired(database(shop, "aaa"), volumes=(shop.volume(),))
    (problem,) = reconcile(after, shop.world(before), partial=True).problems
    assert problem.address == "service.aaa"
    assert "two servers at once would damage it" in problem.title
