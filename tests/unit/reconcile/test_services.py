"""A service is created, replaced with its causes, and scaled."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.desired import Check, SecretFile
from shipyard.model.manifest import Mount, Publish, SecretRef
from shipyard.model.plan import (
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    Interruption,
    ReasonCause,
    ReplaceService,
    ScaleService,
)
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def test_a_first_plan_makes_everything(shop: Shop) -> None:
    image = "shop/web:in-1"
    web = shop.service("web", image=image, built="web", needs=("db",), replicas=2)
    db = shop.service("db", image="postgres:17")
    desired = shop.desired(
        db,
        web,
        images=(shop.build(),),
        volumes=(shop.volume(),),
        jobs=(shop.job(web, "migrate"),),
    )
    plan = reconcile(desired, shop.empty())
    assert [operation.id for operation in plan.operations] == [
        "image.web/build",
        "image.db/pull",
        "network.default/create",
        "volume.data/create",
        "service.db/create",
        "job.web/run",
        "service.web/create",
    ]
    created = {one.id: one for one in plan.operations}
    assert created["service.web/create"].replicas == 2
    assert created["service.web/create"].causes == (
        ReasonCause(reason="new", text="new service (image of web)"),
    )
    assert created["service.db/create"].causes == (ReasonCause(reason="new", text="new service postgres:17"),)
    assert plan.unchanged == ()
    assert (plan.project, plan.stage, plan.deployment) == ("shop", "prod", "shop-prod")
    assert plan.engine == shop.engine


def loaded(shop: Shop) -> Any:
    """A service with something in every field that is recorded."""
    return shop.service(
        "web",
        command=("serve", "--fast"),
        entrypoint=("/init",),
        env={"LEVEL": ("info",), "URL": ("db://", SecretRef(name="PASSWORD"), "@db")},
        secrets={"PASSWORD": "d1", "TOKEN": "d2"},
        secret_files=(SecretFile(name="token", source="TOKEN"),),
        secret_volume="shop-prod_web-secrets-1",
        port=8000,
        publish=(Publish(host_port=80, container_port=None),),
        check=Check(command=("true",), interval=2.5),
        volumes=(Mount(kind="volume", source="shop-prod_data", target="/data"),),
        cpus=1.5,
        memory=512,
        restart="on-failure:3",
        stop_timeout=30,
        user="10001",
        read_only=True,
        tmpfs=("/tmp",),
        labels={"team": "a"},
        extra_hosts=("api:10.0.0.1",),
        compose={"shm_size": "1g", "ulimits": {"nofile": 1000}},
        replicas=2,
    )


def test_what_is_as_declared_stays(shop: Shop) -> None:
    desired = shop.desired(shop.service("db"), loaded(shop))
    plan = reconcile(desired, shop.world(desired))
    assert plan.empty
    assert plan.unchanged == ("service.db", "service.web")
    assert (plan.attention, plan.feels, plan.not_compared, plan.problems) == ((), (), (), ())


@pytest.mark.parametrize(
    ("fields", "causes"),
    [
        ({"env": {"LEVEL": ("info",)}}, [("env.URL", "db://${secret:PASSWORD}@db", None)]),
        (
            {"env": {"LEVEL": ("warning",), "URL": ("db://${secret:PASSWORD}@db",)}},
            [
                ("env.LEVEL", "info", "warning"),
                ("env.URL", "db://${secret:PASSWORD}@db", "db://$${secret:PASSWORD}@db"),
            ],
        ),
        ({"command": ("serve",)}, [("command", ("serve", "--fast"), ("serve",))]),
        ({"command": None}, [("command", ("serve", "--fast"), None)]),
        ({"image": "web:2"}, [("image", "web:1", "web:2")]),
        (
            {"publish": (Publish(host_ip="0.0.0.0", host_port=80, container_port=None),)},
            [("publish", ("127.0.0.1:80:8000/tcp",), ("0.0.0.0:80:8000/tcp",))],
        ),
        (
            {"volumes": (Mount(kind="volume", source="shop-prod_data", target="/data", read_only=True),)},
            [("volumes./data", "shop-prod_data", "shop-prod_data:ro")],
        ),
        ({"memory": 1024}, [("resources.memory", 512, 1024)]),
        ({"restart": "always"}, [("restart", "on-failure:3", "always")]),
        ({"stop_timeout": 10}, [("stop_timeout", 30, 10)]),
        ({"read_only": False}, [("read_only", True, None)]),
        ({"labels": {"team": "b"}}, [("labels.team", "a", "b")]),
        (
            {"compose": {"shm_size": "2g", "ulimits": {"nofile": 1000}}},
            [("compose.shm_size", "1g", "2g")],
        ),
    ],
)
def test_a_declared_change_is_a_replace_with_its_fields(
    shop: Shop, fields: dict[str, Any], causes: list[tuple[str, object, object]]
) -> None:
    before = replace(loaded(shop), replicas=1)
    observed = shop.world(shop.desired(before))
    observed = replace(observed, images={**observed.images, "web:2": "sha256:web:2"})
    operation = shop.only(shop.desired(replace(before, **fields)), observed)
    assert isinstance(operation, ReplaceService)
    assert [(one.path, one.before, one.after) for one in operation.causes] == causes
    assert operation.containers == ("web1",)


def test_a_limit_that_is_no_longer_declared_did_not_drift(shop: Shop) -> None:
    before = shop.service("web", memory=512)
    operation = shop.only(shop.desired(replace(before, memory=None)), shop.world(shop.desired(before)))
    assert operation.causes == (FieldCause(path="resources.memory", before=512, after=None),)


def test_a_secret_is_told_as_changed_and_no_more(shop: Shop) -> None:
    before = shop.service("web", secrets={"TOKEN": "d1", "OLD": "d3", "SAME": "d4"})
    after = replace(before, secrets={"TOKEN": "d2", "NEW": "d5", "SAME": "d4"})
    operation = shop.only(shop.desired(after), shop.world(shop.desired(before)))
    assert operation.causes == (
        FieldCause(path="secrets.NEW", before=None, after="declared"),
        FieldCause(path="secrets.OLD", before="declared", after=None),
        FieldCause(path="secrets.TOKEN", sensitive=True),
    )


def test_a_secret_without_a_value_here_is_not_compared(shop: Shop) -> None:
    before = shop.service("web", secrets={"TOKEN": "d1", "OTHER": "d2"})
    desired = shop.desired(replace(before, secrets={"TOKEN": None, "OTHER": "d2"}))
    plan = reconcile(desired, shop.world(shop.desired(before)))
    assert plan.empty
    assert plan.not_compared == ("service.web: secrets.TOKEN",)
    assert reconcile(desired, shop.empty()).not_compared == ()


def test_a_new_image_is_named_with_what_makes_it(shop: Shop) -> None:
    before, after = shop.with_job("in-1"), shop.with_job("in-2")
    plan = reconcile(after, shop.world(before))
    replaced = [one for one in plan.operations if isinstance(one, ReplaceService)]
    cause = ImageCause(by="image.web/build", before="shop/web:in-1", after="shop/web:in-2")
    assert [(one.name, one.causes) for one in replaced] == [("web", (cause,)), ("worker", (cause,))]


def test_what_changed_in_an_image_that_is_there_already_is_told(shop: Shop) -> None:
    before = shop.desired(
        shop.service("web", image="shop/web:in-1", built="web"), images=(shop.build(tag="in-1"),)
    )
    edited = shop.build(tag="in-2", files={"app.py": "b" * 64})
    after = shop.desired(shop.service("web", image="shop/web:in-2", built="web"), images=(edited,))
    there = replace(shop.world(before), images=shop.world(after).images)
    operation = shop.only(after, there)
    assert operation.causes == (
        ImageCause(by=None, before="shop/web:in-1", after="shop/web:in-2"),
        FilesCause(changed=("app.py",), added=(), removed=()),
    )


def test_a_tag_that_was_pulled_anew_by_hand_is_drift(shop: Shop) -> None:
    desired = shop.desired(shop.service("db", image="redis:7"))
    observed = replace(shop.world(desired), images={"redis:7": "sha256:" + "b" * 64})
    operation = shop.only(desired, observed)
    assert operation.causes == (DriftCause(path="image", declared="b" * 12, found="redis:7"),)


def test_a_recorded_spec_that_cannot_be_read(shop: Shop) -> None:
    desired = shop.desired(shop.service("db"))
    operation = shop.only(desired, shop.change(shop.world(desired), "db1", spec=None))
    assert operation.causes == (ReasonCause(reason="missing", text="its recorded spec cannot be read"),)


def test_causes_of_several_containers_are_told_once(shop: Shop) -> None:
    before = shop.service("web", command=("a",), replicas=3)
    after = replace(before, command=("b",))
    operation = shop.only(shop.desired(after), shop.world(shop.desired(before)))
    assert operation.causes == (FieldCause(path="command", before=("a",), after=("b",)),)
    assert operation.containers == ("web1", "web2", "web3")
    assert operation.replicas == (3, 3)
    assert operation.interruption == Interruption(seconds=0, why="one of 3 at a time")


def test_only_outdated_containers_are_replaced(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=3))
    observed = shop.change(shop.world(desired), "web2", spec=None)
    operation = shop.only(desired, observed)
    assert (operation.containers, operation.replicas) == (("web2",), (3, 3))


@pytest.mark.parametrize(
    ("fields", "strategy", "interruption"),
    [
        ({}, "stop-first", (3, "it stops before the new one starts")),
        (
            {"publish": (Publish(host_port=443, container_port=1), Publish(host_port=80, container_port=2))},
            "stop-first",
            (3, "port 80 is held"),
        ),
        ({"stop_timeout": 300}, "stop-first", (300, "up to 5 min to finish what it does")),
        ({"stop_timeout": 45}, "stop-first", (45, "up to 45 s to finish what it does")),
        ({"replicas": 2, "stop_timeout": 300}, "stop-first", (0, "one of 2 at a time")),
        (
            {"replicas": 2, "publish": (Publish(host_port=None, container_port=80),)},
            "stop-first",
            (0, "one of 2 at a time, each at another host port, that the engine chooses"),
        ),
        ({"rollout": "start-first"}, "start-first", (0, "the new one is healthy before the old one stops")),
    ],
)
def test_what_users_notice(
    shop: Shop, fields: dict[str, Any], strategy: str, interruption: tuple[float, str]
) -> None:
    spec = shop.service("web", **fields)
    changed = replace(spec, command=("new",))
    operation = shop.only(shop.desired(changed), shop.world(shop.desired(spec)))
    assert operation.strategy == strategy
    assert (operation.interruption.seconds, operation.interruption.why) == interruption


def test_scaling_up_and_down(shop: Shop) -> None:
    three, one = (shop.desired(shop.service("web", replicas=count)) for count in (3, 1))
    up = shop.only(three, shop.world(one))
    assert up == ScaleService(
        address="service.web",
        causes=(FieldCause(path="replicas", before=1, after=3),),
        after=(),
        replicas=(1, 3),
    )
    down = shop.only(one, shop.world(three))
    assert down.replicas == (3, 1)
    # Compose takes a container of its name for the first: the lowest number stays.
    assert set(down.removed) == {"web2", "web3"}


def test_scaling_down_removes_the_highest_number_first(shop: Shop) -> None:
    three, one = (shop.desired(shop.service("web", replicas=count)) for count in (3, 1))
    assert shop.only(one, shop.world(three)).removed == ("web3", "web2")


def test_scaled_by_hand_keeps_the_lowest_numbers(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    many = shop.world(shop.desired(shop.service("web", replicas=4)))
    observed = replace(many, containers=many.containers[::-1])
    operation = shop.only(desired, observed)
    assert isinstance(operation, ScaleService)
    assert set(operation.removed) == {"web3", "web4"}


def test_scaled_and_changed_at_once(shop: Shop) -> None:
    before = shop.service("web", replicas=3)
    smaller = shop.desired(replace(before, command=("b",), replicas=1))
    plan = reconcile(smaller, shop.world(shop.desired(before)))
    assert [one.id for one in plan.operations] == ["service.web/scale", "service.web/replace"]
    assert plan.operations[1].containers == ("web1",)
    assert plan.operations[1].replicas == (1, 1)
    larger = shop.desired(replace(before, command=("b",), replicas=5))
    plan = reconcile(larger, shop.world(shop.desired(before)))
    assert [(one.action, one.replicas) for one in plan.operations] == [("replace", (3, 3)), ("scale", (3, 5))]


def test_scaling_up_needs_the_image(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", replicas=2))
    observed = replace(shop.world(shop.desired(shop.service("web"))), images={})
    assert shop.ids(desired, observed) == ["image.web/pull", "service.web/scale"]


def test_a_run_by_hand_is_no_container_of_the_service(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    world = shop.world(desired)
    alone = replace(world, containers=(replace(world.containers[0], one_off=True),))
    assert shop.ids(desired, alone) == ["service.web/create"]


def test_what_rollout_and_needs_say_replaces_nothing(shop: Shop) -> None:
    before = shop.desired(shop.service("db"), shop.service("web"))
    after = shop.desired(shop.service("db"), shop.service("web", needs=("db",), rollout="start-first"))
    assert shop.ids(after, shop.world(before)) == []


@pytest.mark.parametrize("health", ["unhealthy", "starting", "", "healthy"])
def test_an_old_one_goes_when_the_new_one_is_known_to_work(shop: Shop, health: str) -> None:
    """As a rollout left it that was killed, or whose new container was not healthy."""
    before = shop.service("web", image="x:1", rollout="start-first")
    desired = shop.desired(replace(before, env={"A": ("1",)}))
    (new,) = shop.world(desired).containers
    old = shop.world(shop.desired(before))
    new = replace(new, id="new", name="shop-prod-web-2", number=2, health=health)
    operation = shop.only(desired, replace(old, containers=(*old.containers, new)))
    if health == "healthy":
        assert isinstance(operation, ScaleService)
        assert operation.removed == ("web1",)
    else:
        assert isinstance(operation, ReplaceService)
        assert (operation.containers, operation.replicas) == (("web1",), (1, 1))
