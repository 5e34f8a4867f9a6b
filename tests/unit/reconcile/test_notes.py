"""What a plan tells beyond its operations."""

from __future__ import annotations

from typing import Any

from shipyard.compile.checks import http_check
from shipyard.model.desired import Check
from shipyard.model.manifest import Mount, Publish
from shipyard.model.observed import Foreign
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile

Shop = Any


def mount(source: str) -> Mount:
    return Mount(kind="volume", source=source, target="/var/lib/postgresql/data")


def test_who_waits_for_what_is_not_well(shop: Shop) -> None:
    web, worker = shop.service("web"), shop.service("worker", needs=("web",))
    before = shop.desired(web, worker)
    after = shop.desired(web, replace(worker, command=("new",)))
    ill = shop.change(shop.world(before), "web1", health="unhealthy")
    held = "worker: apply waits for web first, and ends while shop-prod-web-1 is unhealthy"
    assert held in reconcile(after, ill).notes
    assert held not in reconcile(before, ill).notes
    starting = shop.change(shop.world(before), "web1", health="starting")
    assert not any("apply waits" in note for note in reconcile(after, starting).notes)
    both = shop.desired(replace(web, command=("new",)), replace(worker, command=("new",)))
    assert not any("apply waits" in note for note in reconcile(both, ill).notes)


def test_data_that_nobody_named(shop: Shop) -> None:
    (note,) = reconcile(shop.desired(shop.service("queue", image="redis:7")), shop.empty()).notes
    assert 'volumes = ["queue-data:/data"] keeps it' in note
    kept = shop.service("queue", image="redis:7", volumes=(replace(mount("shop-prod_x"), target="/data"),))
    assert reconcile(shop.desired(kept), shop.empty()).notes == ()


def test_another_volume_starts_empty(shop: Shop) -> None:
    before = shop.service("db", image="postgres:17", volumes=(mount("shop-prod_old"),))
    after = replace(before, volumes=(mount("shop-prod_new"),))
    (note,) = reconcile(shop.desired(after), shop.world(shop.desired(before))).notes
    assert "starts empty in shop-prod_new; the data stays in shop-prod_old" in note


def test_a_database_keeps_its_password(shop: Shop) -> None:
    before = shop.service(
        "db", image="postgres:17", volumes=(mount("shop-prod_data"),), secrets={"DB_PASSWORD": "d1"}
    )
    after = replace(before, secrets={"DB_PASSWORD": "d2"})
    (note,) = reconcile(shop.desired(after), shop.world(shop.desired(before))).notes
    assert "keeps the password" in note


def test_a_database_keeps_what_it_was_made_with(shop: Shop) -> None:
    before = shop.service(
        "db", image="postgres:17", volumes=(mount("shop-prod_data"),), env={"POSTGRES_USER": ("app",)}
    )
    after = replace(before, env={"POSTGRES_USER": ("shop",), "TZ": ("UTC",)})
    (note,) = reconcile(shop.desired(after), shop.world(shop.desired(before))).notes
    assert note.startswith("db: POSTGRES_USER is read when a database is made")
    other = replace(before, env={"POSTGRES_USER": ("app",), "TZ": ("UTC",)})
    assert reconcile(shop.desired(other), shop.world(shop.desired(before))).notes == ()


def built(shop: Shop, *command: str, **fields: Any) -> Any:
    return shop.service("web", image="shop/web:in-1", built="web", command=command or None, **fields)


def notes(shop: Shop, spec: Any) -> tuple[str, ...]:
    desired = shop.desired(spec, images=(shop.build(),))
    return tuple(note for note in reconcile(desired, shop.empty()).notes if note.startswith("web: "))


def test_what_no_list_of_containers_tells(shop: Shop) -> None:
    vpn = Foreign(name="vpn", ports=(), networks=(), volumes=(), compose_project=None)
    guest = shop.service("guest", compose={"ipc": "container:vpn", "pid": "container:vpn"})
    (note,) = reconcile(shop.desired(guest), replace(shop.empty(), foreign=(vpn,))).notes
    assert note == "guest: container vpn lets it in only if it runs with --ipc shareable or host"


def test_a_command_that_listens_elsewhere(shop: Shop) -> None:
    here = (Publish(host_port=8000, container_port=8000),)
    (note,) = notes(shop, built(shop, "gunicorn", "a:b", "-b", "0.0.0.0:9000", port=8000, publish=here))
    assert note == "web: its command listens on 9000 (gunicorn -b 0.0.0.0:9000), and its port is 8000"
    loopback = built(shop, "uvicorn", "a:b", "--port", "8000", port=8000, publish=here)
    (note,) = notes(shop, loopback)
    assert "listens on 127.0.0.1 inside its container" in note
    assert notes(shop, built(shop, "gunicorn", "a:b", "-b", ":8000", port=8000, publish=here)) == ()


def test_what_nobody_outside_reaches(shop: Shop) -> None:
    (note,) = notes(shop, built(shop, port=8000))
    assert 'publish = ["80:8000"] opens it' in note
    assert notes(shop, built(shop)) == ()
    free = (Publish(host_port=None, container_port=None),)
    (note,) = notes(shop, built(shop, port=8000, publish=free, replicas=2))
    assert "each gets a free one of its own" in note


def test_a_host_that_is_not_this_machines(shop: Shop) -> None:
    """Of a stage that is looked at on the machine itself."""
    here = (Publish(host_port=8000, container_port=8000),)
    said = (
        "web: it answers to the host shop.example.com (ALLOWED_HOSTS), and so not at the address of this "
        "machine, where it is published"
    )
    cases = (
        ("shop.example.com", "dev", True),
        ("shop.example.com", "prod", False),
        ("localhost", "dev", False),
    )
    for host, stage, told in cases:
        check = Check(command=http_check(8000, "/", host))
        desired = shop.desired(built(shop, port=8000, publish=here, check=check), images=(shop.build(),))
        desired = replace(desired, manifest=replace(desired.manifest, stage=stage))
        assert (said in reconcile(desired, shop.empty()).notes) is bool(told), (host, stage)


def test_a_service_that_goes_leaves_its_data(shop: Shop) -> None:
    db = shop.service("db", image="postgres:17", volumes=(mount("shop-prod_data"),))
    world = shop.world(shop.desired(db, shop.service("web"), volumes=(shop.volume(),)))
    (note,) = reconcile(shop.desired(shop.service("web")), world).notes
    assert note == "db: its data stays in shop-prod_data"
