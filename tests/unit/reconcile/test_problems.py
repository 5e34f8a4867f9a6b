"""What would fail for sure is said before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.model.desired import NetworkSpec, VolumeSpec
from shipyard.model.manifest import Mount, Publish
from shipyard.model.observed import Foreign, HostPort, Network, Volume
from shipyard.model.plan import Problem
from shipyard.model.record import replace
from shipyard.reconcile.names import job_name
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def problems(desired: Any, observed: Any) -> tuple[Problem, ...]:
    return reconcile(desired, observed).problems


def foreign(name: str = "stranger", port: int = 80, ip: str = "0.0.0.0", protocol: str = "tcp") -> Foreign:
    held = HostPort(host_ip=ip, host_port=port, container_port=80, protocol=protocol)
    return Foreign(name=name, ports=(held,), networks=(), volumes=(), compose_project=None)


def on_port_80(shop: Shop, ip: str = "127.0.0.1", protocol: str = "tcp") -> Any:
    publish = Publish(host_ip=ip, host_port=80, container_port=8000, protocol=protocol)  # type: ignore[arg-type]
    return shop.desired(shop.service("web", publish=(publish,)))


def told(desired: Any, observed: Any) -> list[str]:
    return [f"{problem.address}: {problem.title}" for problem in problems(desired, observed)]


@pytest.mark.parametrize(
    ("ours", "theirs", "clash"),
    [
        ("127.0.0.1", {"ip": "127.0.0.1"}, True),
        ("127.0.0.1", {"ip": "0.0.0.0"}, True),
        ("127.0.0.1", {"ip": "::"}, True),
        ("0.0.0.0", {"ip": "10.0.0.1"}, True),
        ("127.0.0.1", {"ip": "10.0.0.1"}, False),
        ("127.0.0.1", {"ip": "0.0.0.0", "port": 81}, False),
        ("127.0.0.1", {"ip": "0.0.0.0", "protocol": "udp"}, False),
    ],
)
def test_a_port_held_by_someone_elses_container(
    shop: Shop, ours: str, theirs: dict[str, Any], clash: bool
) -> None:
    observed = replace(shop.empty(), foreign=(foreign(**theirs),))
    expected = ["service.web: host port 80 is held by container stranger"] if clash else []
    assert told(on_port_80(shop, ours), observed) == expected


def test_a_port_held_by_a_container_of_ours_that_stays(shop: Shop) -> None:
    desired = on_port_80(shop)
    one = shop.world(desired).containers[0]
    run = replace(one, id="run", name="shop-prod-web-run-1", one_off=True)
    observed = replace(shop.world(desired), containers=(run,))
    assert told(desired, observed) == ["service.web: host port 80 is held by container shop-prod-web-run-1"]
    # One that goes is in nobody's way, nor is the service's own.
    assert told(desired, replace(observed, containers=(replace(one, service="gone"),))) == []
    assert told(desired, shop.world(desired)) == []


def test_a_port_held_by_a_process(shop: Shop) -> None:
    observed = replace(shop.empty(), listening=(("0.0.0.0", 22), ("127.0.0.1", 80)))
    (problem,) = problems(on_port_80(shop), observed)
    assert problem.title == "host port 80 is held by a process on this machine"
    assert "ss -ltnp sport = :80" in problem.hint
    assert told(on_port_80(shop, protocol="udp"), observed) == []
    heard = replace(shop.empty(), listening_udp=(("0.0.0.0", 80),))
    (problem,) = problems(on_port_80(shop, protocol="udp"), heard)
    assert "ss -lunp sport = :80" in problem.hint
    assert told(on_port_80(shop), heard) == []
    assert told(on_port_80(shop), replace(observed, listening=(("0.0.0.0", 8080),))) == []


def test_a_port_of_the_engines_choice_is_never_held(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", publish=(Publish(host_port=None, container_port=80),)))
    assert told(desired, replace(shop.empty(), foreign=(foreign(),), listening=(("0.0.0.0", 80),))) == []


def test_our_own_container_holds_its_port(shop: Shop) -> None:
    desired = on_port_80(shop)
    running = replace(shop.world(desired), listening=(("0.0.0.0", 80),))
    (web,) = desired.services
    changed = replace(desired, services=(replace(web, command=("new",)),))
    assert told(desired, running) == []
    assert told(changed, running) == []


def test_a_port_that_another_stage_has(shop: Shop) -> None:
    observed = replace(shop.empty(), foreign=(replace(foreign(), owner="shop, stage dev"),))
    (problem,) = problems(on_port_80(shop, "0.0.0.0"), observed)
    assert problem.title == "host port 80 is held by container stranger of shop, stage dev"
    assert problem.hint == "stop it (`shipyard stop` of that stage) or publish another port"


def test_a_container_of_others_under_our_name(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    names = ("shop-prod-web-1", "shop-prod-web-x", "shop-prod-web2-1", "my-shop-prod-web-1")
    strangers = tuple(foreign(name) for name in names)
    assert told(desired, replace(shop.empty(), foreign=strangers)) == [
        "service.web: a container that is not Shipyard's already has the name shop-prod-web-1"
    ]


def test_a_name_that_another_stage_has(shop: Shop) -> None:
    """What is of another deployment is not to be removed for this one."""
    marks = labels.ownership("shop-prod", "dev", "a")
    desired = shop.desired(
        shop.service("web", secrets={"K": None}),
        networks=(NetworkSpec(key="n", name="net"),),
        volumes=(VolumeSpec(key="v", name="data"),),
    )
    observed = replace(
        shop.empty(),
        foreign=(replace(foreign("shop-prod-web-1"), owner=labels.owner(marks)),),
        networks=(Network(id="1", name="net", owned=False, labels=marks),),
        volumes=(
            Volume(name="data", owned=False, labels=marks),
            Volume(name="shop-prod_shipyard-key", owned=False, labels=marks),
        ),
    )
    found = problems(desired, observed)
    of = "of shop-prod, stage dev, instance a already has the name"
    assert [one.title for one in found] == [
        f"a network {of} net",
        f"a volume {of} shop-prod_shipyard-key",
        f"a container {of} shop-prod-web-1",
        f"a volume {of} data",
    ]
    assert not [one.hint for one in found if "docker" in str(one.hint) or "external" in str(one.hint)]


@pytest.mark.parametrize("kind", ["network", "volume"])
@pytest.mark.parametrize(
    ("external", "there", "title"),
    [
        (True, None, "the external {kind} data does not exist"),
        (True, "theirs", None),
        (True, "ours", None),
        (False, None, None),
        (False, "theirs", "a {kind} that is not Shipyard's already has the name data"),
    ],
)
def test_networks_and_volumes_of_others(
    shop: Shop, kind: str, external: bool, there: str | None, title: str | None
) -> None:
    observed = shop.empty()
    if kind == "network":
        desired = shop.desired(networks=(NetworkSpec(key="k", name="data", external=external),))
        if there:
            observed = replace(observed, networks=(Network(id="1", name="data", owned=there == "ours"),))
    else:
        desired = shop.desired(networks=(), volumes=(VolumeSpec(key="k", name="data", external=external),))
        if there:
            observed = replace(observed, volumes=(Volume(name="data", owned=there == "ours"),))
    assert told(desired, observed) == ([f"{kind}.k: {title.format(kind=kind)}"] if title else [])


def test_the_settings_of_a_volume_cannot_change(shop: Shop) -> None:
    before = shop.desired(networks=(), volumes=(shop.volume(),))
    after = shop.desired(networks=(), volumes=(shop.volume(driver="nfs"),))
    assert told(before, shop.world(before)) == []
    (problem,) = problems(after, shop.world(before))
    assert problem.address == "volume.data"
    assert problem.title == (
        "the settings of volume shop-prod_data changed; a volume cannot be changed in place"
    )
    assert "docker run --rm -v shop-prod_data:/from -v NEW:/to" in problem.hint


DATA = (Mount(kind="volume", source="shop-prod_data", target="/var/lib"),)
BIND = (Mount(kind="bind", source="/etc/x", target="/etc/x"),)


def database(shop: Shop, image: str, volumes: tuple[Mount, ...] = DATA) -> Any:
    """A database, with the volume declared that it mounts."""
    declared = tuple(
        VolumeSpec(key="data", name=str(mount.source), database=image)
        for mount in volumes
        if mount.kind == "volume"
    )
    return shop.desired(shop.service("db", image=image, volumes=volumes, replicas=2), volumes=declared)


@pytest.mark.parametrize(
    ("before", "after", "volumes", "refused"),
    [
        ("postgres:16", "postgres:17", DATA, True),
        ("postgres:16.4-bookworm", "postgres:17-alpine", DATA, True),
        ("postgres:17", "postgres:16", DATA, True),
        ("postgis/postgis:16-3.4", "postgres:17", DATA, True),
        ("mysql:8.4", "mysql:9", DATA, True),
        ("mariadb:10.11", "mariadb:11", DATA, True),
        # Its data may be in a folder, or in an anonymous volume of the image.
        ("postgres:16", "postgres:17", BIND, True),
        ("postgres:16", "postgres:17", (), True),
        ("postgres:17.1", "postgres:17.2", DATA, False),
        ("postgres:16", "postgres:latest", DATA, False),
        ("postgres:16", "postgres@sha256:" + "a" * 64, DATA, False),
        ("mysql:8", "postgres:17", DATA, False),
        ("redis:7", "redis:8", DATA, False),
    ],
)
def test_another_major_version_of_a_database(
    shop: Shop, before: str, after: str, volumes: tuple[Mount, ...], refused: bool
) -> None:
    world = shop.world(database(shop, before, volumes))
    title = f"service.db: {before} to {after} is a change of major version over existing data"
    expected = [title] if refused else []
    assert told(database(shop, after, volumes), world) == expected
    assert told(database(shop, after, volumes), shop.empty()) == []
    # A volume says whose data it holds when no container does, and the other way round.
    alone = replace(world, containers=())
    assert told(database(shop, after, volumes), alone) == (expected if volumes == DATA else [])
    unlabelled = replace(
        world,
        volumes=tuple(
            replace(one, labels={key: value for key, value in one.labels.items() if "database" not in key})
            for one in world.volumes
        ),
    )
    assert told(database(shop, after, volumes), unlabelled) == expected


def test_a_new_volume_is_the_way_to_another_major_version(shop: Shop) -> None:
    fresh = (Mount(kind="volume", source="shop-prod_data17", target="/var/lib"),)
    world = shop.world(database(shop, "postgres:16"))
    assert told(database(shop, "postgres:17", fresh), world) == []
    (problem,) = problems(database(shop, "postgres:17"), world)
    assert "shipyard exec db pg_dumpall -U USER > dump.sql" in problem.hint


def test_all_problems_are_told_in_order(shop: Shop) -> None:
    desired = replace(on_port_80(shop), volumes=(shop.volume(external=True),))
    observed = replace(shop.empty(), foreign=(foreign(), foreign("shop-prod-web-1", port=1)))
    assert told(desired, observed) == [
        "service.web: a container that is not Shipyard's already has the name shop-prod-web-1",
        "service.web: host port 80 is held by container stranger",
        "volume.data: the external volume shop-prod_data does not exist",
    ]


def test_a_stranger_under_the_name_of_a_job(shop: Shop) -> None:
    """Its container goes by its name: a stranger's would be removed."""
    desired = shop.with_job()
    name = job_name("shop-prod", desired.jobs[0])
    observed = replace(shop.empty(), foreign=(foreign(name=name),))
    assert told(desired, observed) == [
        f"service.web: a container that is not Shipyard's already has the name {name}"
    ]
    # When nothing has to run nobody is in the way.
    assert told(desired, replace(shop.world(desired), foreign=observed.foreign)) == []


def test_more_cores_than_the_machine_has(shop: Shop) -> None:
    desired = shop.desired(shop.service("web", cpus=2.5))
    small = replace(shop.empty(), engine=replace(shop.empty().engine, cpus=2))
    (problem,) = problems(desired, small)
    assert problem.title == "resources.cpus is 2.5, and the engine's machine has 2"
    assert problems(desired, shop.empty()) == ()
    assert problems(shop.desired(shop.service("web", cpus=2.0)), small) == ()


def test_a_container_that_compose_would_take_for_ours(shop: Shop) -> None:
    desired = shop.desired(shop.service("web"))
    stranger = replace(foreign(), name="mine", compose_project="shop-prod", compose_service="web")
    assert told(desired, replace(shop.empty(), foreign=(stranger,))) == [
        "service.web: container mine is web of a Compose project shop-prod that is not Shipyard's, "
        "and Compose would take it for this one"
    ]
    for other in ({"compose_project": "shop"}, {"compose_service": "api"}, {"compose_service": None}):
        assert told(desired, replace(shop.empty(), foreign=(replace(stranger, **other),))) == []


def test_a_key_volume_of_somebody_else(shop: Shop) -> None:
    desired = shop.with_secret_file()
    taken = Volume(name="shop-prod_shipyard-key", owned=False)
    assert told(desired, replace(shop.empty(), volumes=(taken,))) == [
        "secret.shipyard.key: a volume that is not Shipyard's already has the name shop-prod_shipyard-key"
    ]


@pytest.mark.parametrize(
    ("listener", "published", "held"),
    [
        ("127.0.0.9", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "127.0.0.1", False),
        ("::", "::1", True),
        ("0.0.0.0", "::1", False),
        ("::", "0.0.0.0", True),
        ("127.0.0.9", "0.0.0.0", True),
    ],
)
def test_a_process_on_another_address_holds_nothing(
    shop: Shop, listener: str, published: str, held: bool
) -> None:
    publish = Publish(host_ip=published, host_port=80, container_port=80)
    desired = shop.desired(shop.service("web", publish=(publish,)))
    assert bool(told(desired, replace(shop.empty(), listening=((listener, 80),)))) is held


def test_a_folder_of_this_machine_on_an_engine_elsewhere(shop: Shop) -> None:
    mounts = [Mount(target=f"/{n}", source=source, kind=kind) for n, (source, kind) in enumerate(MOUNTS)]
    desired = shop.desired(shop.service("web", volumes=tuple(mounts)))
    here = shop.world(desired)
    elsewhere = replace(here, engine=replace(here.engine, local=False))
    assert told(desired, here) == []
    assert told(desired, elsewhere) == [
        "service.web: volumes: the folder conf is of this machine, and the engine runs on another"
    ]


MOUNTS: tuple[tuple[str | None, Any], ...] = (
    ("conf", "bind"),
    ("/srv/conf", "bind"),
    ("data", "volume"),
    (None, "tmpfs"),
)


def test_data_that_a_restore_left_incomplete_is_in_the_way(shop: Shop) -> None:
    desired = shop.desired(shop.service("db"))
    marks = {labels.ROLE: labels.RESTORE_ROLE, labels.SERVICE: "db"}
    observed = shop.empty()
    assert problems(desired, observed) == ()
    mark = Volume(name="shop-dev_shipyard-restore-db", owned=True, labels=marks)
    (problem,) = problems(desired, replace(observed, volumes=(*observed.volumes, mark)))
    assert problem.address == "service.db"
    assert "its data is incomplete" in problem.title
    assert "docker volume rm shop-dev_shipyard-restore-db" in (problem.hint or "")
