"""What was done by hand is repaired in place and told apart from declared changes."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.desired import NetworkSpec
from shipyard.model.manifest import Mount
from shipyard.model.observed import Foreign, Volume
from shipyard.model.plan import (
    ConnectService,
    DriftCause,
    MendService,
    ReasonCause,
    ReplaceService,
    StartService,
    UnpauseService,
    UpdateService,
)
from shipyard.model.record import replace
from shipyard.reconcile.drift import only_drift
from shipyard.reconcile.limits import own_limits
from shipyard.reconcile.reconcile import reconcile

Shop = Any


@pytest.mark.parametrize(
    ("state", "exit_code", "restart", "found"),
    [
        ("exited", 137, "unless-stopped", "exited with code 137"),
        ("exited", 0, "unless-stopped", "exited with code 0"),
        ("exited", 1, "no", "exited with code 1"),
        ("exited", 2, "on-failure:3", "exited with code 2"),
        ("created", 0, "unless-stopped", "created"),
        ("created", 0, "no", "created"),
        ("exited", 0, "no", None),
        ("exited", 0, "on-failure:3", None),
        ("running", 0, "unless-stopped", None),
        ("restarting", 1, "unless-stopped", None),
    ],
)
def test_what_stopped_is_started(
    shop: Shop, state: str, exit_code: int, restart: str, found: str | None
) -> None:
    desired = shop.desired(shop.service("web", restart=restart))
    observed = shop.change(shop.world(desired), "web1", state=state, exit_code=exit_code)
    if found is None:
        assert shop.ids(desired, observed) == []
        return
    assert shop.only(desired, observed) == StartService(
        address="service.web",
        causes=(DriftCause(path="state", declared="running", found=found),),
        containers=("web1",),
    )


def test_only_what_stopped_is_started(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=3))
    observed = shop.change(shop.world(desired), "web3", state="exited", exit_code=1)
    observed = shop.change(observed, "web1", state="exited", exit_code=137)
    operation = shop.only(desired, observed)
    assert operation.containers == ("web1", "web3")
    assert [cause.found for cause in operation.causes] == ["exited with code 1", "exited with code 137"]


def test_paused(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    operation = shop.only(desired, shop.change(shop.world(desired), "web2", state="paused"))
    assert operation == UnpauseService(
        address="service.web",
        causes=(DriftCause(path="state", declared="running", found="paused"),),
        containers=("web2",),
    )


def test_disconnected(shop: Shop) -> None:
    names = ("back", "shop-prod_default")
    networks = tuple(NetworkSpec(key=name, name=name) for name in names)
    desired = shop.desired(shop.service("web", networks=names), networks=networks)
    operation = shop.only(desired, shop.change(shop.world(desired), "web1", networks=("back", "by-hand")))
    assert operation == ConnectService(
        address="service.web",
        causes=(
            DriftCause(path="networks.by-hand", declared="not connected", found="connected by hand"),
            DriftCause(path="networks.shop-prod_default", declared="connected", found="disconnected"),
        ),
        links=(("web1", "shop-prod_default"),),
        unlinks=(("web1", "by-hand"),),
    )


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"network_ids": {"shop-prod_default": "gone"}}, "connected to an earlier network of this name"),
        ({"aliases": {"shop-prod_default": ("0123456789ab",)}}, "connected without the name web"),
        ({"aliases": {"shop-prod_default": ("web",)}}, None),
        (
            {"aliases": {"shop-prod_default": ("web", "db")}},
            "connected with the name db, which is another's",
        ),
        ({"network_ids": {"shop-prod_default": "n-default"}}, None),
    ],
)
def test_a_place_on_a_network_that_is_not_as_it_was_made(
    shop: Shop, fields: dict[str, Any], found: str | None
) -> None:
    desired = shop.desired(shop.service("web"), shop.service("db"))
    observed = shop.change(shop.world(desired), "web1", **fields)
    if found is None:
        assert shop.ids(desired, observed) == []
        return
    operation = shop.only(desired, observed)
    assert operation == ConnectService(
        address="service.web",
        causes=(DriftCause(path="networks.shop-prod_default", declared="connected", found=found),),
        links=(("web1", "shop-prod_default"),),
        unlinks=(("web1", "shop-prod_default"),),
    )


def test_a_network_that_is_replaced_joins_its_containers_itself(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    world = shop.change(shop.world(desired), "web1", network_ids={"shop-prod_default": "n-default"})
    world = shop.change(world, "web2", networks=())
    (network,) = desired.networks
    plan = reconcile(replace(desired, networks=(replace(network, internal=True),)), world)
    assert [one.id for one in plan.operations] == ["network.default/replace", "service.web/connect"]
    assert plan.operations[0].containers == ("web1",)
    assert plan.operations[1].links == (("web2", "shop-prod_default"),)


def test_a_dead_container_is_made_anew(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    plan = reconcile(desired, shop.change(shop.world(desired), "web1", state="dead"))
    assert [one.id for one in plan.operations] == ["service.web/mend", "service.web/create"]
    assert plan.operations[0] == MendService(
        address="service.web",
        causes=(DriftCause(path="state", declared="running", found="dead"),),
        remove=("web1",),
    )


def test_one_that_keeps_restarting_wants_attention(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    plan = reconcile(desired, shop.change(shop.world(desired), "web1", state="restarting", restarts=7))
    assert plan.empty
    assert plan.attention == (("service.web", "shop-prod-web-1 keeps crashing (restarted 7 times)"),)


def test_a_name_is_given_back(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    operation = shop.only(desired, shop.change(shop.world(desired), "web1", name="elsewhere"))
    assert operation == MendService(
        address="service.web",
        causes=(DriftCause(path="name", declared="shop-prod-web-1", found="elsewhere"),),
        rename=(("web1", "shop-prod-web-1"),),
    )


def test_names_that_were_swapped(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2), shop.service("api"))
    world = shop.change(shop.world(desired), "web1", name="shop-prod-api-1")
    world = shop.change(world, "api1", name="shop-prod-web-1")
    plan = reconcile(desired, world)
    names = {one.id: one.name for one in world.containers}
    for operation in plan.operations:
        assert isinstance(operation, MendService)
        for container, name in operation.rename:
            assert name not in names.values()
            names[container] = name
    assert names == {"web1": "shop-prod-web-1", "web2": "shop-prod-web-2", "api1": "shop-prod-api-1"}


def test_a_name_that_a_stranger_has_is_a_problem(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.change(shop.world(desired), "web1", name="elsewhere")
    stranger = Foreign(name="shop-prod-web-1", ports=(), networks=(), volumes=(), compose_project=None)
    plan = reconcile(desired, replace(world, foreign=(stranger,)))
    assert plan.operations == ()
    assert [one.address for one in plan.problems] == ["service.web"]


def test_a_network_mode_of_its_own_has_no_networks(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", compose={"network_mode": "host"}))
    assert shop.ids(desired, shop.change(shop.world(desired), "web1", networks=("host",))) == []


@pytest.mark.parametrize(
    ("declared", "found", "causes"),
    [
        ({}, {"restart": "no"}, [("restart", "unless-stopped", "no")]),
        ({"restart": "on-failure:3"}, {"restart": "always"}, [("restart", "on-failure:3", "always")]),
        (
            {"restart": "on-failure:3"},
            {"restart": "on-failure:9"},
            [("restart", "on-failure:3", "on-failure:9")],
        ),
        ({"cpus": 1.5}, {"cpus": 0.5}, [("resources.cpus", 1.5, 0.5)]),
        ({"memory": 512}, {"memory": 0}, [("resources.memory", 512, 0)]),
        (
            {"cpus": 1, "memory": 512},
            {"cpus": 2, "memory": 1024, "restart": "always"},
            [
                ("restart", "unless-stopped", "always"),
                ("resources.cpus", 1, 2),
                ("resources.memory", 512, 1024),
            ],
        ),
    ],
)
def test_limits_are_put_back(
    shop: Shop, declared: dict[str, Any], found: dict[str, Any], causes: list[tuple[str, object, object]]
) -> None:
    desired = shop.desired(shop.service("web", **declared))
    operation = shop.only(desired, shop.change(shop.world(desired), "web1", **found))
    assert isinstance(operation, UpdateService)
    assert [(one.path, one.declared, one.found) for one in operation.causes] == causes
    assert operation.containers == ("web1",)


def test_a_second_of_one_number_is_not_in_the_way_of_another_service(shop: Shop) -> None:
    desired = shop.desired(shop.service("api"), shop.service("web"))
    world = shop.world(desired)
    (web,) = [one for one in world.containers if one.service == "web"]
    second = replace(web, id="second000000", name="shop-prod-api-1", state="created")
    left = tuple(one for one in world.containers if one.service != "api")
    plan = reconcile(desired, replace(world, containers=(*left, second)))
    (mend,) = [one for one in plan.operations if isinstance(one, MendService)]
    assert mend.rename == (("second000000", "shop-prod-web-1-second000000"),)
    (create,) = [one for one in plan.operations if one.id == "service.api/create"]
    assert mend.id in create.after


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"compose": {"mem_limit": "1g"}}, {"memory": 2**30}),
        ({"compose": {"cpus": 1.5}}, {"cpus": 1.5}),
        ({"compose": {"restart": "no"}}, {"restart": "no"}),
        ({"cpus": 0.3}, {"cpus": 0.30000000000000004}),
    ],
)
def test_what_is_no_drift(shop: Shop, declared: dict[str, Any], found: dict[str, Any]) -> None:
    desired = shop.desired(shop.service("web", **declared))
    assert shop.ids(desired, shop.change(shop.world(desired), "web1", **found)) == []


def test_what_is_passed_through_is_not_put_back(shop: Shop) -> None:
    passed = {"restart": "always", "mem_limit": "64m"}
    spec = shop.service("web", cpus=0.5, memory=1, compose=passed)
    assert own_limits(spec) == (None, 0.5, None)
    assert own_limits(replace(spec, compose={"cpus": 2})) == ("unless-stopped", None, 1)


def test_a_limit_set_by_hand_cannot_be_taken_away_in_place(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    operation = shop.only(desired, shop.change(shop.world(desired), "web1", memory=512))
    assert isinstance(operation, ReplaceService)
    assert operation.causes == (DriftCause(path="resources.memory", declared=0, found=512),)


def test_other_limits_set_by_hand(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    operation = shop.only(desired, shop.change(shop.world(desired), "web1", limits={"PidsLimit": 9}))
    assert isinstance(operation, ReplaceService)
    assert operation.causes == (DriftCause(path="compose.pids_limit", declared=0, found=9),)
    passed_through = shop.desired(shop.service("web", compose={"pids_limit": 9}))
    world = shop.change(shop.world(passed_through), "web1", limits={"PidsLimit": 9})
    assert shop.ids(passed_through, world) == []


def test_all_at_once_in_the_order_that_works(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=4))
    observed = shop.change(shop.world(desired), "web1", state="paused")
    observed = shop.change(observed, "web2", networks=())
    observed = shop.change(observed, "web3", restart="no")
    observed = shop.change(observed, "web4", state="exited", exit_code=1)
    plan = reconcile(desired, observed)
    assert [one.action for one in plan.operations] == ["unpause", "connect", "update", "start"]
    assert [one.after for one in plan.operations] == [
        (),
        ("service.web/unpause",),
        ("service.web/connect",),
        ("service.web/update",),
    ]


def test_what_is_replaced_anyway_is_not_repaired(shop: Shop) -> None:
    before = shop.service("web")
    observed = shop.world(shop.desired(before))
    observed = shop.change(observed, "web1", state="exited", exit_code=1, restart="no", networks=())
    assert shop.ids(shop.desired(replace(before, command=("new",))), observed) == ["service.web/replace"]


def test_a_paused_container_is_unpaused_before_it_is_replaced(shop: Shop) -> None:
    before = shop.service("web")
    observed = shop.change(shop.world(shop.desired(before)), "web1", state="paused")
    after = shop.desired(replace(before, command=("new",)))
    assert shop.ids(after, observed) == ["service.web/unpause", "service.web/replace"]


def test_a_left_over_beside_its_original_is_removed(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.world(desired)
    left = replace(world.containers[0], id="new", name="0123456789ab_shop-prod-web-1", state="created")
    for containers in ((*world.containers, left), (left, *world.containers)):
        operation = shop.only(desired, replace(world, containers=containers))
        assert operation == MendService(
            address="service.web",
            causes=(
                ReasonCause(
                    reason="interrupted",
                    text="an interrupted replace left 0123456789ab_shop-prod-web-1 behind",
                ),
            ),
            remove=("new",),
        )


def test_a_left_over_alone_takes_the_name(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    observed = shop.change(shop.world(desired), "web1", name="0123456789ab_shop-prod-web-1", state="created")
    plan = reconcile(desired, observed)
    mend, start = plan.operations
    assert isinstance(mend, MendService)
    assert (mend.remove, mend.rename) == ((), (("web1", "shop-prod-web-1"),))
    assert (start.id, start.after) == ("service.web/start", ("service.web/mend",))


def test_two_left_overs_of_one_name(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.change(shop.world(desired), "web1", name="0123456789ab_shop-prod-web-1")
    second = replace(world.containers[0], id="x", name="ba9876543210_shop-prod-web-1")
    operation = shop.only(desired, replace(world, containers=(*world.containers, second)))
    assert (operation.remove, operation.rename) == (("x",), (("web1", "shop-prod-web-1"),))


def test_a_half_name_whose_whole_is_taken_by_another_service(shop: Shop) -> None:
    desired = shop.desired(shop.service("a"), shop.service("b"))
    world = shop.change(shop.world(desired), "a1", name="0123456789ab_shop-prod-a-1", state="created")
    swapped = shop.change(world, "b1", name="shop-prod-a-1")
    plan = reconcile(desired, swapped)
    renames = [getattr(one, "rename", ()) for one in plan.operations]
    assert [one.id for one in plan.operations] == ["service.a/mend", "service.b/mend", "service.a/start"]
    assert renames[0] == (("b1", "shop-prod-a-1-b1"), ("a1", "shop-prod-a-1"))
    assert renames[1] == (("b1", "shop-prod-b-1"),)


def test_a_half_name_of_a_name_that_was_changed_by_hand(shop: Shop) -> None:
    desired = shop.desired(shop.service("a"))
    world = shop.change(shop.world(desired), "a1", name="0123456789ab_elsewhere", state="created")
    (mend, _) = reconcile(desired, world).operations
    assert isinstance(mend, MendService)
    assert mend.rename == (("a1", "shop-prod-a-1"),)


def test_a_name_held_under_a_services_earlier_name(shop: Shop) -> None:
    before = shop.desired(shop.service("a"), shop.service("old"))
    world = shop.change(shop.world(before), "a1", state="dead", name="shop-prod-old-1")
    swapped = shop.change(world, "old1", name="shop-prod-a-1")
    after = shop.desired(shop.service("a"), shop.service("new", image="old:1", was="old"))
    plan = reconcile(after, swapped)
    assert [one.id for one in plan.operations] == [
        "service.a/mend",
        "service.new/mend",
        "service.a/create",
        "service.new/replace",
    ]
    assert getattr(plan.operations[1], "rename", None) == (("old1", "shop-prod-old-1"),)


def test_what_a_later_version_declared_is_not_put_back(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.change(shop.world(desired), "web1", spec={"format": 99}, restart="always", networks=())
    assert shop.ids(desired, world) == []
    down = shop.change(world, "web1", state="exited", exit_code=1)
    assert shop.ids(desired, down) == ["service.web/start"]


def test_a_name_held_by_what_another_mend_removes(shop: Shop) -> None:
    desired = shop.desired(shop.service("a"), shop.service("b", replicas=2))
    world = shop.change(shop.world(desired), "a1", name="elsewhere")
    dead = shop.change(world, "b2", name="shop-prod-a-1", state="dead")
    mends = [one for one in reconcile(desired, dead).operations if isinstance(one, MendService)]
    # The name is free when the first of them is done, not only after the second.
    assert mends[0].rename == (("b2", "shop-prod-a-1-b2"), ("a1", "shop-prod-a-1"))
    assert mends[1].remove == ("b2",)


def test_a_name_that_only_looks_like_a_left_over(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    manifest = replace(desired.manifest, name="0123456789ab_shop")
    desired = replace(desired, manifest=manifest)
    name = "0123456789ab_shop-prod-web-1"
    observed = shop.change(shop.world(desired), "web1", name=name)
    assert reconcile(desired, observed).operations == ()
    observed = shop.change(observed, "web1", name=f"ba9876543210_{name}")
    (mend,) = reconcile(desired, observed).operations
    assert isinstance(mend, MendService)
    assert mend.rename == (("web1", name),)


def test_unhealthy_as_declared_is_attention(shop: Shop) -> None:
    desired = shop.desired(shop.service("db"), shop.service("web"))
    observed = shop.change(shop.world(desired), "web1", health="unhealthy")
    plan = reconcile(desired, observed)
    assert plan.empty
    assert plan.attention == (("service.web", "shop-prod-web-1 is unhealthy"),)
    started = shop.change(observed, "web1", state="exited", exit_code=1)
    assert reconcile(desired, started).attention == ()


def test_what_an_unchanged_service_feels(shop: Shop) -> None:
    db, cache = shop.service("db"), shop.service("cache")
    web = shop.service("web", needs=("db", "cache"))
    other = shop.service("other")
    observed = shop.world(shop.desired(db, cache, web, other))
    after = shop.desired(replace(db, command=("x",)), replace(cache, command=("x",)), web, other)
    plan = reconcile(after, observed)
    assert plan.feels == (("service.web", "feels the replacement of cache, db"),)
    assert plan.unchanged == ("service.web", "service.other")


def test_swap_without_a_limit_is_put_back_with_the_memory(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", memory=64 << 20))
    world = shop.change(shop.world(desired), "web1", limits={"MemorySwap": -1})
    operation = shop.only(desired, world)
    assert isinstance(operation, UpdateService)
    assert operation.causes == (DriftCause(path="compose.memswap_limit", declared=128 << 20, found=-1),)


@pytest.mark.parametrize("cpus", [0.3337, 0.1234567])
def test_a_share_of_a_core_is_compared_as_exactly_as_it_is_set(shop: Shop, cpus: float) -> None:
    desired = shop.desired(shop.service("web", cpus=cpus))
    assert reconcile(desired, shop.change(shop.world(desired), "web1", cpus=round(cpus * 1e9) / 1e9)).empty


def test_what_was_lost_is_drift(shop: Shop) -> None:
    mount = Mount(kind="volume", source="shop-prod_data", target="/d")
    desired = shop.desired(shop.service("web", volumes=(mount,)), volumes=(shop.volume(),))
    made = only_drift(reconcile(desired, replace(shop.world(desired), networks=()))).operations
    assert "network.default/create" in [one.id for one in made]
    marks = {"shipyard.role": "record", "shipyard.replicas": '{"web": 1}'}
    bare = replace(
        shop.empty(), volumes=(Volume(name="shop-prod_shipyard-record-1", owned=True, labels=marks),)
    )
    found = {one.id: one for one in only_drift(reconcile(desired, bare)).operations}
    assert "what it held is gone" in str(found["volume.data/create"].causes)
    ids = {one.id for one in only_drift(reconcile(desired, shop.empty())).operations}
    assert not ids & {"network.default/create", "volume.data/create"}, "a first apply makes them"


def test_a_container_with_edits_in_it_is_made_anew(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    (operation,) = reconcile(desired, shop.change(shop.world(desired), "web1", edited=True)).operations
    assert operation.id == "service.web/replace"
    assert operation.causes == (
        DriftCause(path="files", declared="its image's", found="edited by `shipyard dev`"),
    )
