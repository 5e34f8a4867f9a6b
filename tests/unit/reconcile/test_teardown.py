"""The plan of `down`."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.manifest import Mount
from shipyard.model.observed import Foreign, Network, Volume
from shipyard.model.plan import RemoveSecret, RemoveService, RemoveVolume
from shipyard.model.record import replace
from shipyard.reconcile.teardown import teardown

Shop = Any


def project(shop: Shop) -> tuple[Any, Any]:
    """A manifest and a world with one of everything."""
    desired = shop.with_secret_file()
    db = desired.services[0]
    api = shop.service("api", needs=("db",))
    web = shop.service("web", needs=("api",), replicas=2)
    cache = shop.service("cache")
    desired = shop.desired(
        *(db, api, cache, web), secret_volumes=desired.secret_volumes, volumes=(shop.volume(),)
    )
    return desired.manifest, shop.world(desired)


def test_volumes_stay(shop: Shop) -> None:
    manifest, world = project(shop)
    plan = teardown(manifest, world)
    assert [one.id for one in plan.operations] == [
        "service.web/remove",
        "service.api/remove",
        "service.cache/remove",
        "service.db/remove",
        "network.default/remove",
        "secret.db-secrets-v1/remove",
    ]
    web = plan.operations[0]
    assert isinstance(web, RemoveService)
    assert web.containers == ("web1", "web2")
    assert isinstance(plan.operations[-1], RemoveSecret)
    assert (plan.project, plan.stage, plan.deployment) == ("shop", "prod", "shop-prod")


def test_volumes_go_when_asked(shop: Shop) -> None:
    manifest, world = project(shop)
    removed = [one for one in teardown(manifest, world, volumes=True).operations if one.destructive]
    assert [one.volume for one in removed if isinstance(one, RemoveVolume)] == [
        "shop-prod_data",
        "shop-prod_shipyard-key",
    ]


def test_what_is_not_declared_any_more_goes_too(shop: Shop) -> None:
    manifest, world = project(shop)
    smaller = replace(manifest, services=manifest.services[:1])
    assert {one.id for one in teardown(smaller, world).operations} >= {
        "service.web/remove",
        "service.api/remove",
        "service.cache/remove",
    }


def test_nothing_unowned_goes(shop: Shop) -> None:
    manifest, world = project(shop)
    strangers = replace(
        world,
        containers=(),
        foreign=(
            Foreign(
                name="x",
                ports=(),
                networks=("shop-prod_default",),
                volumes=("shop-prod_data",),
                compose_project=None,
            ),
        ),
        networks=(*world.networks, Network(id="2", name="theirs", owned=False)),
        volumes=(Volume(name="theirs", owned=False),),
    )
    plan = teardown(manifest, strangers, volumes=True)
    assert plan.empty
    assert plan.notes == ("network default stays: x is on it, and is not of this stage",)


def test_there_is_nothing_to_take_down(shop: Shop) -> None:
    manifest, _ = project(shop)
    assert teardown(manifest, shop.empty(), volumes=True).empty


@pytest.mark.parametrize("volumes", [False, True])
def test_what_is_in_use_waits(shop: Shop, volumes: bool) -> None:
    manifest, world = project(shop)
    after = {one.id: set(one.after) for one in teardown(manifest, world, volumes=volumes).operations}
    assert after["service.db/remove"] >= {"service.api/remove"}
    assert after["network.default/remove"] >= {"service.web/remove", "service.db/remove"}
    assert after["secret.db-secrets-v1/remove"] >= {"service.db/remove"}


def test_anonymous_volumes_go_when_data_is_to_go(shop: Shop) -> None:
    manifest, world = project(shop)
    name = "f" * 64
    world = replace(
        world,
        containers=tuple(replace(one, volumes=(name,), anonymous={"/x": name}) for one in world.containers),
    )
    assert not [one for one in teardown(manifest, world).operations if one.destructive and name in repr(one)]
    ids = [one.id for one in teardown(manifest, world, volumes=True).operations]
    assert ids.count("volume.ffffffffffff/remove") == 1


def test_a_volume_that_is_somebodys_stays_whatever_its_name_looks_like(shop: Shop) -> None:
    name = "f" * 64
    mount = Mount(kind="volume", source=name, target="/x")
    desired = shop.desired(shop.service("web", volumes=(mount,)))
    world = shop.world(desired)
    held = replace(world.containers[0], volumes=(name,), anonymous={"/x": name})
    for one in (held, replace(held, spec=None), replace(held, anonymous={"/x": name, "/y": name})):
        plan = teardown(desired.manifest, replace(world, containers=(one,)), volumes=True)
        assert not [operation for operation in plan.operations if name in repr(operation)]
