"""Networks, volumes, the key and the files of secrets; what is no longer declared; the order of it all."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.desired import NetworkSpec, VolumeSpec
from shipyard.model.manifest import Publish
from shipyard.model.observed import Foreign, Network, Volume
from shipyard.model.plan import (
    CreateKey,
    CreateSecret,
    FieldCause,
    ReasonCause,
    RemoveNetwork,
    RemoveSecret,
    RemoveService,
    ReplaceNetwork,
)
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def edges(plan: Any) -> dict[str, tuple[str, ...]]:
    return {operation.id: operation.after for operation in plan.operations}


def test_external_ones_are_never_made(shop: Shop) -> None:
    desired = shop.desired(
        networks=(NetworkSpec(key="shared", name="shared", external=True),),
        volumes=(VolumeSpec(key="uploads", name="uploads", external=True),),
    )
    assert shop.ids(desired, shop.empty()) == []
    assert shop.ids(desired, shop.world(desired)) == []


def test_a_network_of_other_settings_is_replaced(shop: Shop) -> None:
    before = shop.desired(shop.service("web"))
    (network,) = before.networks
    operation = shop.only(replace(before, networks=(replace(network, internal=True),)), shop.world(before))
    assert isinstance(operation, ReplaceNetwork)
    assert (operation.address, operation.network) == ("network.default", "n-default")
    assert operation.causes == (FieldCause(path="internal", before=False, after=True),)
    assert operation.containers == ("web1",)


def test_a_setting_that_an_earlier_version_did_not_record_had_its_default(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"), volumes=(shop.volume(),))
    world = shop.world(desired)
    older = replace(
        world,
        networks=tuple(
            replace(one, labels={"shipyard.spec": '{"internal":false}'}) for one in world.networks
        ),
        volumes=tuple(replace(one, labels={"shipyard.spec": "{}"}) for one in world.volumes),
    )
    plan = reconcile(desired, older)
    assert (plan.operations, plan.problems) == ((), ())


def test_a_strangers_container_on_a_network_of_other_settings_is_a_problem(shop: Shop) -> None:
    before = shop.desired(shop.service("web"))
    (network,) = before.networks
    stranger = Foreign(name="x", ports=(), networks=(network.name,), volumes=(), compose_project=None)
    after = replace(before, networks=(replace(network, internal=True),))
    (problem,) = reconcile(after, replace(shop.world(before), foreign=(stranger,))).problems
    assert problem.address == "network.default"
    assert "x, which is not Shipyard's, is on it" in problem.title


def test_the_key_and_the_files_of_secrets(shop: Shop) -> None:
    desired = shop.with_secret_file()
    plan = reconcile(desired, shop.empty())
    assert [one.id for one in plan.operations] == [
        "image.db/pull",
        "network.default/create",
        "secret.shipyard.key/create",
        "secret.db/create",
        "service.db/create",
    ]
    assert isinstance(plan.operations[2], CreateKey)
    assert plan.operations[3] == CreateSecret(
        address="secret.db",
        causes=(ReasonCause(reason="new", text="secret files of db"),),
        volume="shop-prod_db-secrets-v1",
    )
    assert {"secret.shipyard.key/create", "secret.db/create"} <= set(edges(plan)["service.db/create"])


def test_a_secret_in_the_environment_needs_the_key_alone(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", secrets={"TOKEN": None}))
    assert "secret.shipyard.key/create" in shop.ids(desired, shop.empty())
    assert "secret.shipyard.key/create" not in shop.ids(shop.desired(shop.service("web")), shop.empty())


def test_operations_of_a_service_named_key_are_told_apart(shop: Shop) -> None:
    desired = shop.with_secret_file()
    spec = replace(desired.services[0], name="key")
    volume = replace(desired.secret_volumes[0], service="key")
    found = shop.ids(replace(desired, services=(spec,), secret_volumes=(volume,)), shop.empty())
    assert len(found) == len(set(found))


def test_a_new_version_of_secret_files(shop: Shop) -> None:
    world = shop.world(shop.with_secret_file("d1", "v1"))
    plan = reconcile(shop.with_secret_file("d2", "v2"), world)
    assert [one.id for one in plan.operations] == [
        "secret.db/create",
        "service.db/replace",
        "secret.db-secrets-v1/remove",
    ]
    assert plan.operations[2] == RemoveSecret(
        address="secret.db-secrets-v1",
        causes=(ReasonCause(reason="unused", text="an earlier version of its secret files"),),
        after=("service.db/replace",),
        volume="shop-prod_db-secrets-v1",
    )
    assert edges(plan)["service.db/replace"] == ("secret.db/create",)


def test_a_version_that_is_not_known_here_keeps_the_files_that_run(shop: Shop) -> None:
    world = shop.world(shop.with_secret_file("d1", "v1"))
    plan = reconcile(shop.with_secret_file(None, "v-unknown"), world)
    assert plan.operations == ()
    assert plan.not_compared == ("service.db: secrets.DB_PASSWORD",)


def test_a_volume_of_secrets_that_nobody_mounts_is_filled_again(shop: Shop) -> None:
    desired = shop.with_secret_file()
    world = replace(shop.world(desired), containers=())
    assert "secret.db/create" in shop.ids(desired, world)


def test_files_of_a_service_that_is_gone(shop: Shop) -> None:
    plan = reconcile(shop.desired(), shop.world(shop.with_secret_file()))
    assert [one.id for one in plan.operations] == ["service.db/remove", "secret.db-secrets-v1/remove"]
    assert edges(plan)["secret.db-secrets-v1/remove"] == ("service.db/remove",)


def test_files_that_a_container_mounts_which_stays_are_kept(shop: Shop) -> None:
    world = shop.world(shop.with_secret_file("d1", "v1"))
    someones = replace(world.containers[0], id="run", name="shop-prod-db-run", one_off=True)
    observed = replace(world, containers=(*world.containers, someones))
    changed = shop.ids(shop.with_secret_file("d2", "v2"), observed)
    assert changed == ["secret.db/create", "service.db/replace"]
    stopped = replace(observed, containers=(*world.containers, replace(someones, state="exited")))
    assert shop.ids(shop.with_secret_file("d2", "v2"), stopped) == changed


def test_nothing_unowned_is_removed(shop: Shop) -> None:
    desired = shop.desired()
    observed = replace(
        shop.world(desired),
        networks=(Network(id="n1", name="theirs", owned=False), *shop.world(desired).networks),
        volumes=(
            Volume(name="shop-prod_x-secrets-1", owned=False, labels={"shipyard.role": "secrets"}),
            Volume(name="shop-prod_data", owned=True),
            Volume(name="shop-prod_shipyard-key", owned=True, labels={"shipyard.role": "key"}),
        ),
    )
    assert shop.ids(desired, observed) == []


def test_a_service_that_is_no_longer_declared(shop: Shop) -> None:
    web, old = shop.service("web"), shop.service("old", replicas=2)
    plan = reconcile(shop.desired(replace(web, command=("x",))), shop.world(shop.desired(web, old)))
    assert edges(plan) == {"service.web/replace": (), "service.old/remove": ("service.web/replace",)}
    removal = plan.operations[1]
    assert removal == RemoveService(
        address="service.old",
        causes=(ReasonCause(reason="removed", text="no longer declared"),),
        after=("service.web/replace",),
        containers=("old1", "old2"),
    )
    assert removal.destructive


def test_one_whose_port_is_wanted_goes_first(shop: Shop) -> None:
    old = shop.service("old", publish=(Publish(host_port=80, container_port=80),))
    web = shop.service("web", publish=(Publish(host_port=80, container_port=8000),))
    observed = replace(shop.world(shop.desired(old)), images={"web:1": "sha256:1"})
    plan = reconcile(shop.desired(web), observed)
    assert edges(plan) == {"service.old/remove": (), "service.web/create": ("service.old/remove",)}
    assert plan.problems == ()


def test_the_record_of_a_job_goes_with_its_service(shop: Shop) -> None:
    removal = shop.only(shop.desired(), shop.world(replace(shop.with_job(), services=())))
    assert (removal.id, removal.containers) == ("service.web/remove", ("web-job",))


def test_a_network_that_is_no_longer_declared(shop: Shop) -> None:
    back = NetworkSpec(key="back", name="shop-prod_back")
    desired = shop.desired(shop.service("web"))
    world = shop.world(replace(desired, networks=(*desired.networks, back)))
    assert shop.only(desired, world) == RemoveNetwork(
        address="network.back",
        causes=(ReasonCause(reason="removed", text="no longer declared"),),
        network="n-back",
    )
    stranger = Foreign(name="x", ports=(), networks=("shop-prod_back",), volumes=(), compose_project=None)
    assert shop.ids(desired, replace(world, foreign=(stranger,))) == []


def test_a_network_with_a_container_that_stays_is_kept(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.world(desired)
    old = Network(id="n2", name="shop-prod_old", owned=True)
    run = replace(world.containers[0], id="run", name="x", one_off=True, networks=("shop-prod_old",))
    observed = replace(world, networks=(*world.networks, old), containers=(*world.containers, run))
    assert shop.ids(desired, observed) == []
    # One that has ended is in nobody's way, nor is one that is taken off.
    assert shop.ids(desired, shop.change(observed, "run", state="exited")) == ["network.old/remove"]
    both = shop.change(world, "web1", networks=("shop-prod_default", "shop-prod_old"))
    assert shop.ids(desired, replace(both, networks=observed.networks)) == [
        "service.web/connect",
        "network.old/remove",
    ]


def test_a_network_of_what_is_started_is_kept(shop: Shop) -> None:
    """A container of a later version may be on one that is not declared here."""
    desired = shop.desired(shop.service("web"))
    old = Network(id="n2", name="shop-prod_old", owned=True)
    fields = {"spec": {"format": 99}, "state": "exited", "exit_code": 1, "networks": ("shop-prod_old",)}
    world = shop.change(shop.world(desired), "web1", **fields)
    assert shop.ids(desired, replace(world, networks=(*world.networks, old))) == ["service.web/start"]


def test_a_network_of_a_run_that_is_waited_for_goes(shop: Shop) -> None:
    desired = shop.with_job()
    old = Network(id="n2", name="shop-prod_old", owned=True)
    world = shop.change(shop.world(desired), "web-job", state="running", networks=("shop-prod_old",))
    found = shop.ids(desired, replace(world, networks=(*world.networks, old)))
    assert found == ["job.web/run", "network.old/remove"]


def test_a_network_goes_after_the_service_that_was_on_it(shop: Shop) -> None:
    back = NetworkSpec(key="back", name="shop-prod_back")
    old = shop.service("old", networks=("shop-prod_back",))
    world = shop.world(shop.desired(old, networks=(back,)))
    plan = reconcile(shop.desired(networks=()), world)
    assert [one.id for one in plan.operations] == ["service.old/remove", "network.back/remove"]
    assert edges(plan)["network.back/remove"] == ("service.old/remove",)


def test_needs_order_the_operations(shop: Shop) -> None:
    names = {"a": ("b", "c"), "b": ("d",), "c": (), "d": ()}
    specs = [shop.service(name, needs=names[name], image="x:1") for name in ("d", "b", "c", "a")]
    observed = replace(shop.empty(), images={"x:1": "sha256:1"})
    assert edges(reconcile(shop.desired(*specs, networks=()), observed)) == {
        "service.d/create": (),
        "service.b/create": ("service.d/create",),
        "service.c/create": (),
        "service.a/create": ("service.b/create", "service.c/create"),
    }


def test_a_need_that_stays_passes_its_own_needs_on(shop: Shop) -> None:
    db, api = shop.service("db"), shop.service("api", needs=("db",))
    web = shop.service("web", needs=("api",))
    world = shop.world(shop.desired(db, api, web))
    after = shop.desired(replace(db, command=("x",)), api, replace(web, command=("x",)))
    assert edges(reconcile(after, world)) == {
        "service.db/replace": (),
        "service.web/replace": ("service.db/replace",),
    }


def test_a_job_waits_for_the_needs_of_its_service(shop: Shop) -> None:
    db, web = shop.service("db"), shop.service("web", needs=("db",), image="web:1")
    desired = shop.desired(db, web, jobs=(shop.job(web, "migrate"),))
    observed = replace(shop.empty(), images={"db:1": "sha256:1", "web:1": "sha256:2"})
    assert edges(reconcile(desired, observed)) == {
        "network.default/create": (),
        "service.db/create": ("network.default/create",),
        "job.web/run": ("network.default/create", "service.db/create"),
        "service.web/create": ("job.web/run",),
    }


def test_a_service_waits_for_its_own_image_only(shop: Shop) -> None:
    plan = reconcile(shop.desired(shop.service("a"), shop.service("b"), networks=()), shop.empty())
    assert edges(plan) == {
        "image.a/pull": (),
        "image.b/pull": (),
        "service.a/create": ("image.a/pull",),
        "service.b/create": ("image.b/pull",),
    }


@pytest.mark.parametrize("broken", ["mended", "created"])
def test_every_edge_leads_back_to_an_operation_before(shop: Shop, broken: str) -> None:
    desired = shop.with_job("in-2")
    world = shop.world(shop.with_job("in-1"))
    if broken == "mended":
        world = shop.change(world, "web1", name="0123456789ab_shop-prod-web-1")
        world = shop.change(world, "worker1", name="0123456789ab_shop-prod-worker-1")
    else:
        world = replace(world, containers=(), networks=())
    plan = reconcile(desired, world)
    seen: set[str] = set()
    for operation in plan.operations:
        assert set(operation.after) <= seen, operation.id
        assert operation.id not in seen
        seen.add(operation.id)
    before = {"service.web/mend", "service.worker/mend"} if broken == "mended" else {"network.default/create"}
    assert set(edges(plan)["job.web/run"]) == {"image.web/build", *before}
