"""What programs read: the plan and the status as JSON, held against their schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from shipyard.model import plan as model
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest, Publish
from shipyard.model.observed import Container, Engine, HostPort, Observed
from shipyard.model.plan import Plan
from shipyard.model.record import replace
from shipyard.render.document import plan_document, plan_json
from shipyard.render.status import fitted, service_rows, status_json, status_text

Make = Callable[..., Plan]

NEW = model.ReasonCause(reason="new", text="declared and not there")
CAUSES: tuple[model.Cause, ...] = (
    model.FieldCause(path="env.A", before="1", after=None),
    model.FieldCause(path="command", before=("a",), after=("a", "b")),
    model.FieldCause(path="secrets.TOKEN", sensitive=True),
    model.FilesCause(changed=("a",), added=("b/",), removed=("c",)),
    model.ImageCause(by="image.web/build", before="x:1", after="x:2"),
    model.ImageCause(by=None),
    model.DriftCause(path="resources.cpus", declared=1.5, found=0),
    NEW,
)
INTERRUPTION = model.Interruption(seconds=0, why="one of 2 at a time")
EVERY: tuple[model.Operation, ...] = (
    model.BuildImage(address="image.web", causes=CAUSES, reference="x:2"),
    model.PullImage(address="image.db", causes=(NEW,), reference="postgres:17"),
    model.CreateNetwork(address="network.default", causes=(NEW,)),
    model.ReplaceNetwork(address="network.back", causes=(NEW,), network="n1"),
    model.CreateVolume(address="volume.data", causes=(NEW,)),
    model.CreateKey(address="secret.shipyard.key", causes=(NEW,)),
    model.CreateSecret(address="secret.db", causes=(NEW,), volume="v1"),
    model.RemoveSecret(address="secret.db-secrets-1", causes=(NEW,), volume="v2"),
    model.RunJob(address="job.web", causes=(NEW,), command=("migrate",), records=("c0",)),
    model.RemoveRecords(address="job.api", causes=(NEW,), containers=("c",)),
    model.CreateService(address="service.new", causes=(NEW,), replicas=2, after=("image.web/build",)),
    model.ReplaceService(
        address="service.web",
        causes=(NEW,),
        containers=("c1",),
        replicas=(2, 2),
        strategy="start-first",
        interruption=INTERRUPTION,
    ),
    model.ScaleService(address="service.web", causes=(NEW,), replicas=(2, 3)),
    model.StartService(address="service.a", causes=(NEW,), containers=("c",)),
    model.UnpauseService(address="service.a", causes=(NEW,), containers=("c",)),
    model.StopService(address="service.b", causes=(NEW,), containers=("c",)),
    model.ConnectService(address="service.a", causes=(NEW,), links=(("c", "n"),)),
    model.UpdateService(address="service.a", causes=(NEW,), containers=("c",)),
    model.RemoveService(address="service.old", causes=(NEW,), containers=("c",)),
    model.RemoveNetwork(address="network.old", causes=(NEW,), network="n2"),
    model.RemoveVolume(address="volume.old", causes=(NEW,), volume="v3"),
    model.MendService(address="service.a", causes=(NEW,), remove=("c",)),
)


def strict(node: Any) -> Any:
    """The same schema where an object has no key that is not described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: strict(value) for key, value in node.items()}
    if "object" in closed.get("type", ()) and "oneOf" not in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def read(schemas: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((schemas / f"{name}.schema.json").read_bytes())
    return found


def wrong(schema: dict[str, Any], document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(strict(schema)).iter_errors(document)]


def described(node: Any, path: str = "") -> dict[str, bool]:
    """Every declared key, wherever it stands, and whether something says what it means."""
    found: dict[str, bool] = {}
    if isinstance(node, dict):
        if node.get("type") or node.get("$ref") or path.count("/") == 0:
            for name, value in node.get("properties", {}).items():
                found[f"{path}/{name}"] = bool(value.get("description"))
        for key, value in node.items():
            found |= described(value, f"{path}/{key}")
    return found


@pytest.mark.parametrize(
    ("name", "command"),
    [("plan", "plan"), ("status", "status"), ("lease", "lease"), ("events", "apply")],
)
def test_the_schemas_are_documented(schemas: Path, name: str, command: str) -> None:
    schema = read(schemas, name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:shipyard:{name}:1"
    assert schema["title"] == f"shipyard {command} --format json"
    found = described(schema)
    assert len(found) > 13
    assert [path for path, is_described in found.items() if not is_described] == []
    assert [key for key, value in schema.get("$defs", {}).items() if not value.get("description")] == []
    # A reader ignores what it does not know: nothing is closed.
    assert '"additionalProperties": false' not in json.dumps(schema)


def test_every_kind_of_operation_and_cause_is_here() -> None:
    assert {type(one) for one in EVERY} == set(get_args(model.Operation))
    assert {type(one) for one in CAUSES} == set(get_args(model.Cause))


def full(plan: Make, **fields: Any) -> Plan:
    return plan(
        *EVERY,
        instance="pr-1",
        unchanged=("service.cache",),
        attention=(("service.cache", "c is unhealthy"),),
        feels=(("service.cache", "feels the replacement of web"),),
        not_compared=("service.web: secrets.TOKEN",),
        problems=(model.Problem(address="service.web", title="a", hint="b"),),
        notes=("requests is not pinned",),
        **fields,
    )


def test_a_plan_is_as_its_schema_says(plan: Make, schemas: Path) -> None:
    schema = read(schemas, "plan")
    assert wrong(schema, json.loads(plan_json(full(plan)))) == []
    assert wrong(schema, json.loads(plan_json(plan(engine=None)))) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "1 was expected"),
        ({"project": None}, "None is not of type 'string'"),
        ({"surprise": 1}, "('surprise' was unexpected)"),
        ({"summary": {"unchanged": 0, "explode": 1}}, "'explode' is not valid"),
        ({"operations": [{"id": "service.a/start"}]}, "'address' is a required property"),
        ({"unchanged": ["web"]}, "'web' does not match"),
    ],
)
def test_the_schema_refuses(plan: Make, schemas: Path, change: dict[str, Any], message: str) -> None:
    document = {**json.loads(plan_json(plan())), **change}
    found = wrong(read(schemas, "plan"), document)
    assert found
    assert any(message in one for one in found), found


@pytest.mark.parametrize("key", ["replicas", "strategy", "interruption"])
def test_a_replace_says_how(plan: Make, schemas: Path, key: str) -> None:
    document = json.loads(plan_json(full(plan)))
    (operation,) = [one for one in document["operations"] if one["id"] == "service.web/replace"]
    del operation[key]
    assert wrong(read(schemas, "plan"), document) == [f"{key!r} is a required property"]


def test_the_document_in_full(plan: Make) -> None:
    operation = next(one for one in EVERY if one.id == "service.web/replace")
    document = plan_document(plan(operation, EVERY[2], unchanged=("service.cache",)))
    assert document["engine"] == {"id": "E1", "version": "28.5.2"}
    assert document["summary"] == {"replace": 1, "create": 1, "unchanged": 1}
    assert document["operations"] == [
        {
            "id": "service.web/replace",
            "address": "service.web",
            "action": "replace",
            "after": [],
            "causes": [{"kind": "reason", "reason": "new", "text": "declared and not there"}],
            "destructive": False,
            "replicas": [2, 2],
            "strategy": "start-first",
            "interruption": {"seconds": 0, "why": "one of 2 at a time"},
        },
        {
            "id": "network.default/create",
            "address": "network.default",
            "action": "create",
            "after": [],
            "causes": [{"kind": "reason", "reason": "new", "text": "declared and not there"}],
            "destructive": False,
        },
    ]
    assert "instance" not in document


def test_causes_in_the_document(plan: Make) -> None:
    document = json.loads(plan_json(plan(EVERY[0])))
    causes = document["operations"][0]["causes"]
    assert causes[2] == {
        "kind": "field",
        "path": "secrets.TOKEN",
        "before": None,
        "after": None,
        "sensitive": True,
    }
    assert causes[4] == {"kind": "image", "by": "image.web/build", "before": "x:1", "after": "x:2"}
    assert causes[5] == {"kind": "image"}
    assert causes[6] == {"kind": "drift", "path": "resources.cpus", "declared": 1.5, "found": 0}


def test_only_what_loses_something_is_destructive(plan: Make) -> None:
    document = json.loads(plan_json(full(plan)))
    assert [one["id"] for one in document["operations"] if one["destructive"]] == [
        "service.old/remove",
        "volume.old/remove",
    ]


def container(**fields: Any) -> Container:
    wanted: dict[str, Any] = {
        "id": "c1",
        "name": "shop-prod-web-1",
        "service": "web",
        "number": 1,
        "state": "running",
        "exit_code": 0,
        "health": "healthy",
        "image": "shop/web:in-1",
        "image_id": "sha256:1",
        "spec": {},
        "restarts": 1,
    }
    return Container(**{**wanted, **fields})


def port(ip: str, host_port: int = 8000, container_port: int = 8000, protocol: str = "tcp") -> HostPort:
    return HostPort(host_ip=ip, host_port=host_port, container_port=container_port, protocol=protocol)


LOCAL = Engine(id="E1", name="box", version="28.5.2", address="local engine", local=True)
WEB = ServiceSpec(
    name="web",
    image="shop/web:in-1",
    built="web",
    port=8000,
    publish=(Publish(host_port=8000, container_port=None),),
    replicas=2,
)
DB = ServiceSpec(name="db", image="postgres:17", built=None)
MANIFEST = Manifest(root=Path("/srv/shop"), name="shop", stage="prod")
DESIRED = Desired(manifest=MANIFEST, services=(DB, WEB))


def test_the_status_is_as_its_schema_says(schemas: Path, plan: Make) -> None:
    containers = (
        container(ports=(port("127.0.0.1"),)),
        container(id="c2", number=2, state="exited", health="unhealthy", restarts=2),
        container(id="c3", service="old", health="", image="redis:7"),
        container(id="c4", one_off=True, state="dead"),
        container(id="c5", name="shop-prod-web-run-1", one_off=True),
    )
    observed = Observed(engine=LOCAL, containers=containers)
    start = model.StartService(address="service.web", causes=(NEW,), containers=("c2",))
    text = status_json(MANIFEST, LOCAL, service_rows(DESIRED, observed, plan(start)))
    document = json.loads(text)
    assert wrong(read(schemas, "status"), document) == []
    assert document["instance"] is None
    assert document["engine"] == {"id": "E1", "version": "28.5.2", "address": "local engine"}
    db, web, old = document["services"]
    assert web == {
        "name": "web",
        "state": "exited, running",
        "health": "healthy",
        "image": "shop/web:in-1",
        "url": "http://127.0.0.1:8000",
        "ports": ["127.0.0.1:8000->8000"],
        "replicas": [1, 2],
        "restarts": 3,
        "since": None,
        "note": "plan would start it; shop-prod-web-run-1 runs beside it, by `shipyard run`",
    }
    assert (db["state"], db["health"], db["image"], db["replicas"]) == (
        "not created",
        "",
        "postgres:17",
        [0, 1],
    )
    assert (old["note"], old["health"], old["replicas"]) == ("no longer declared", "no check", [1, 0])


@pytest.mark.parametrize(
    ("ports", "address", "url"),
    [
        ((), None, None),
        ((port("127.0.0.1", 80),), None, "http://127.0.0.1:80"),
        ((port("0.0.0.0", 80), port("::", 80)), None, "http://127.0.0.1:80"),
        ((port("10.1.2.3", 80),), None, "http://10.1.2.3:80"),
        ((port("::1", 80),), None, "http://[::1]:80"),
        ((port("127.0.0.1", 9000, 9000), port("127.0.0.1", 80)), None, "http://127.0.0.1:80"),
        ((port("127.0.0.1", 9000, 9000),), None, None),
        ((port("127.0.0.1", 80, protocol="udp"),), None, None),
        ((port("0.0.0.0", 80),), "ssh://deploy@db1", "http://db1:80"),
        ((port("0.0.0.0", 80),), "ssh://deploy@db1:2222", "http://db1:80"),
        ((port("0.0.0.0", 80),), "ssh://db1", "http://db1:80"),
        ((port("0.0.0.0", 80),), "tcp://10.0.0.5:2375", "http://10.0.0.5:80"),
        ((port("0.0.0.0", 80),), "production", "http://box:80"),
    ],
)
def test_where_a_service_answers(ports: tuple[HostPort, ...], address: str | None, url: str | None) -> None:
    engine = Engine(
        id="E", name="box", version="28", address=address or "local engine", local=address is None
    )
    observed = Observed(engine=engine, containers=(container(ports=ports),))
    assert service_rows(DESIRED, observed)[1].url == url


def test_a_port_on_loopback_of_another_machine_is_not_reached_from_here() -> None:
    engine = Engine(id="E", name="box", version="28", address="ssh://deploy@db1", local=False)
    observed = Observed(engine=engine, containers=(container(ports=(port("127.0.0.1", 80),)),))
    assert service_rows(DESIRED, observed)[1].url is None


@pytest.mark.parametrize(
    ("started", "up"),
    [
        ("2026-03-01T11:59:50.123456789Z", "10 s"),
        ("2026-03-01T11:58:00Z", "2 min"),
        ("2026-03-01T06:30:00Z", "5 h"),
        ("2026-02-26T12:00:00Z", "3 d"),
        ("2026-03-01T12:00:05Z", "0 s"),
    ],
)
def test_the_status_as_a_table(started: str, up: str) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    web = replace(container(ports=(port("127.0.0.1"),)), started_at=started)
    observed = Observed(engine=LOCAL, containers=(web,))
    rows = service_rows(DESIRED, observed)
    assert [row.since for row in rows] == [None, started]
    head, table = status_text(MANIFEST, LOCAL, rows, now).split("\n\n")
    assert head == "shop / prod on local engine"
    assert [line.split("  ") for line in re.sub(" {3,}", "  ", table).splitlines()] == [
        ["SERVICE", "STATE", "HEALTH", "UP", "RESTARTS", "REPLICAS", "IMAGE", "URL", "NOTE"],
        ["db", "not created", "-", "-", "0", "0/1", "postgres:17", "-"],
        ["web", "running", "healthy", up, "1", "1/2", "shop/web:in-1", "http://127.0.0.1:8000"],
    ]


def test_what_is_in_trouble_is_seen_first_where_not_all_has_room() -> None:
    good = [container(id=f"g{n}", service=f"s{n}", name=f"s{n}") for n in range(4)]
    bad = container(id="bad", service="z", name="z", health="unhealthy")
    rows = service_rows(replace(DESIRED, services=()), Observed(engine=LOCAL, containers=(*good, bad)))
    rows = tuple(replace(row, note="") for row in rows)
    shown, left = fitted(rows, 3)
    assert ([row.name for row in shown], left) == (["s0", "z"], 3)
    assert fitted(rows, 5) == (rows, 0)
