"""The desired state in Compose's terms, in both forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shipyard.compile.spec import canonical, service_document
from shipyard.model.desired import (
    Check,
    Desired,
    NetworkSpec,
    SecretFile,
    SecretVolume,
    ServiceSpec,
    VolumeSpec,
)
from shipyard.model.manifest import Manifest, Mount, Publish, SecretRef
from shipyard.model.record import replace
from shipyard.reconcile.settings import network_document
from shipyard.targets.compose.model import compose_model, escape, literal, merged, variable

FILES = (SecretFile(name="TOKEN", source="API_TOKEN"),)
WEB = ServiceSpec(
    name="web",
    image="shop/web:in-1",
    built="web",
    command=("serve", "--price", "5$", "${HOME}"),
    entrypoint=("/init", "$0"),
    env={"COST": ("5$ ${X}",), "URL": ("db://shop:", SecretRef(name="DB_PASSWORD"), "@db/$x")},
    secrets={"DB_PASSWORD": "d1", "API_TOKEN": "d2"},
    secret_files=FILES,
    secret_volume="shop-prod_web-secrets-1",
    port=8000,
    publish=(Publish(host_port=8080, container_port=None),),
    check=Check(command=("probe", "$PORT"), interval=2.5),
    volumes=(
        Mount(kind="volume", source="shop-prod_media", target="/media"),
        Mount(kind="bind", source="conf/app.toml", target="/etc/app$.toml", read_only=True),
    ),
    networks=("shop-prod_back", "shop-prod_default"),
    cpus=1.5,
    memory=536870912,
    restart="on-failure:3",
    stop_timeout=300,
    user="10001:10001",
    read_only=True,
    tmpfs=("/tmp:size=$1",),
    labels={"team": "a$b"},
    extra_hosts=("api:10.0.0.1",),
    compose={"shm_size": "1$g", "logging": {"options": {"max-file": 5}}},
    replicas=2,
    needs=("db", "cache", "setup"),
)
DB = ServiceSpec(name="db", image="postgres:17", built=None, check=Check(command=("pg_isready",)))
CACHE = ServiceSpec(name="cache", image="redis:7", built=None, check_disabled=True)
SETUP = ServiceSpec(name="setup", image="acme/setup:1", built=None, restart="no")
DESIRED = Desired(
    manifest=Manifest(root=Path("/srv/sh$op"), name="shop", stage="prod"),
    services=(DB, CACHE, SETUP, WEB),
    networks=(
        NetworkSpec(key="back", name="shop-prod_back", internal=True, driver="bridge", subnet="10.9.0.0/24"),
        NetworkSpec(key="default", name="shop-prod_default"),
        NetworkSpec(key="shared", name="shared", external=True),
    ),
    volumes=(
        VolumeSpec(key="media", name="shop-prod_media", driver="nfs"),
        VolumeSpec(key="plain", name="shop-prod_plain"),
        VolumeSpec(key="uploads", name="uploads", external=True),
    ),
    secret_volumes=(
        SecretVolume(service="web", name="shop-prod_web-secrets-1", files=FILES, uid=10001, gid=10001),
    ),
)


def service(spec: ServiceSpec, form: Any = "applied") -> dict[str, Any]:
    """The one service of a deployment in Compose's terms."""
    desired = replace(DESIRED, services=(DB, CACHE, SETUP, spec))
    services: Any = compose_model(desired, form)["services"]
    return dict(services[spec.name])


def test_a_service_with_everything() -> None:
    document = canonical(service_document(WEB))
    assert service(WEB) == {
        "image": "shop/web:in-1",
        "command": ["serve", "--price", "5$$", "$${HOME}"],
        "entrypoint": ["/init", "$$0"],
        "environment": {
            "COST": "5$$ $${X}",
            "URL": "db://shop:${SHIPYARD_SECRET_DB_PASSWORD}@db/$$x",
        },
        "ports": [
            {
                "target": 8000,
                "protocol": "tcp",
                "mode": "ingress",
                "published": "8080",
                "host_ip": "127.0.0.1",
            }
        ],
        "healthcheck": {
            "test": ["CMD", "probe", "$$PORT"],
            "interval": "2500ms",
            "timeout": "5s",
            "retries": 3,
            "start_period": "30s",
            "start_interval": "1s",
        },
        "volumes": [
            {"type": "volume", "target": "/media", "source": "shop-prod_media"},
            {
                "type": "bind",
                "target": "/etc/app$$.toml",
                "source": "/srv/sh$$op/conf/app.toml",
                "bind": {"create_host_path": False},
                "read_only": True,
            },
            {
                "type": "volume",
                "source": "shop-prod_web-secrets-1",
                "target": "/run/secrets",
                "read_only": True,
                "volume": {"nocopy": True},
            },
        ],
        "networks": {"back": None, "default": None},
        "depends_on": {
            "db": {"condition": "service_healthy"},
            "cache": {"condition": "service_started"},
            "setup": {"condition": "service_completed_successfully"},
        },
        "restart": "on-failure:3",
        "stop_grace_period": "300s",
        "user": "10001:10001",
        "read_only": True,
        "tmpfs": ["/tmp:size=$$1"],
        "extra_hosts": ["api:10.0.0.1"],
        "init": True,
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": 5}},
        "deploy": {
            "replicas": 2,
            "resources": {"limits": {"cpus": "1.5", "memory": "536870912"}},
        },
        "labels": {
            "shipyard.project": "shop",
            "shipyard.stage": "prod",
            "team": "a$$b",
            "shipyard.service": "web",
            "shipyard.spec": document.replace("$", "$$"),
        },
        "shm_size": "1$$g",
    }


def test_the_forms_differ_in_the_names_of_variables_alone() -> None:
    applied, portable = service(WEB), service(WEB, "portable")
    assert portable["environment"].pop("URL") == "db://shop:${DB_PASSWORD}@db/$$x"
    del applied["environment"]["URL"]
    assert portable == applied
    assert (variable("applied", "A"), variable("portable", "A")) == ("SHIPYARD_SECRET_A", "A")


def test_a_service_with_nothing() -> None:
    assert service(ServiceSpec(name="bare", image="redis:7", built=None, networks=())) == {
        "image": "redis:7",
        "restart": "unless-stopped",
        "stop_grace_period": "10s",
        "init": True,
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
        "deploy": {"replicas": 1},
        "labels": {
            "shipyard.project": "shop",
            "shipyard.stage": "prod",
            "shipyard.service": "bare",
            "shipyard.spec": '{"format":1,"image":"redis:7","restart":"unless-stopped","stop_timeout":10}',
        },
    }


def test_networks_and_volumes_in_both_forms() -> None:
    applied, portable = compose_model(DESIRED), compose_model(DESIRED, "portable")
    whose = {"shipyard.project": "shop", "shipyard.stage": "prod"}
    back, default, _ = sorted(DESIRED.networks, key=lambda one: one.key)
    assert applied["name"] == portable["name"] == "shop-prod"
    assert applied["networks"] == {
        "back": {"name": "shop-prod_back", "external": True},
        "default": {"name": "shop-prod_default", "external": True},
        "shared": {"name": "shared", "external": True},
    }
    assert portable["networks"] == {
        "back": {
            "name": "shop-prod_back",
            "driver": "bridge",
            "internal": True,
            "ipam": {"config": [{"subnet": "10.9.0.0/24"}]},
            "labels": {**whose, "shipyard.spec": network_document(back)},
        },
        "default": {
            "name": "shop-prod_default",
            "labels": {**whose, "shipyard.spec": network_document(default)},
        },
        "shared": {"name": "shared", "external": True},
    }
    names = ("shop-prod_media", "shop-prod_plain", "uploads", "shop-prod_web-secrets-1")
    assert applied["volumes"] == {name: {"name": name, "external": True} for name in names}
    assert portable["volumes"] == {
        "shop-prod_media": {
            "name": "shop-prod_media",
            "driver": "nfs",
            "labels": {**whose, "shipyard.spec": '{"driver":"nfs"}'},
        },
        "shop-prod_plain": {
            "name": "shop-prod_plain",
            "labels": {**whose, "shipyard.spec": '{"driver":null}'},
        },
        "uploads": {"name": "uploads", "external": True},
        "shop-prod_web-secrets-1": {"name": "shop-prod_web-secrets-1", "external": True},
    }
    assert "volumes" not in compose_model(replace(DESIRED, volumes=(), secret_volumes=()))


def test_an_instance_is_labelled_as_one() -> None:
    manifest = replace(DESIRED.manifest, instance="pr-1")
    model: Any = compose_model(replace(DESIRED, manifest=manifest))
    assert model["name"] == "shop-prod-pr-1"
    assert model["services"]["db"]["labels"]["shipyard.instance"] == "pr-1"


@pytest.mark.parametrize(
    ("publish", "port"),
    [
        (Publish(host_port=None, container_port=None), {"target": 8000, "host_ip": "127.0.0.1"}),
        (
            Publish(host_ip="0.0.0.0", host_port=80, container_port=8080),
            {"target": 8080, "published": "80"},
        ),
        (Publish(host_ip="", host_port=80, container_port=1), {"target": 1, "published": "80"}),
        (
            Publish(host_ip="::1", host_port=53, container_port=53, protocol="udp"),
            {"target": 53, "published": "53", "host_ip": "::1", "protocol": "udp"},
        ),
    ],
)
def test_ports(publish: Publish, port: dict[str, object]) -> None:
    expected = {"protocol": "tcp", "mode": "ingress", **port}
    assert service(replace(WEB, publish=(publish,)))["ports"] == [expected]


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        (Mount(kind="volume", source=None, target="/cache"), {"type": "volume", "target": "/cache"}),
        (
            Mount(kind="volume", source="v", target="/data", read_only=True),
            {"type": "volume", "target": "/data", "source": "v", "read_only": True},
        ),
        (
            Mount(kind="bind", source="/etc/x", target="/x"),
            {"type": "bind", "target": "/x", "source": "/etc/x", "bind": {"create_host_path": False}},
        ),
    ],
)
def test_mounts(mount: Mount, expected: dict[str, object]) -> None:
    assert service(replace(WEB, volumes=(mount,), secret_volume=None))["volumes"] == [expected]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (10, "10s"), (10.0, "10s"), (0.5, "500ms"), (90.25, "90250ms"), (3600, "3600s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert service(replace(WEB, stop_timeout=seconds))["stop_grace_period"] == text


@pytest.mark.parametrize(
    ("cpus", "memory", "limits"),
    [
        (None, None, None),
        (2, None, {"cpus": "2"}),
        (0.25, 1024, {"cpus": "0.25", "memory": "1024"}),
        (None, 1, {"memory": "1"}),
    ],
)
def test_limits(cpus: float | None, memory: int | None, limits: dict[str, str] | None) -> None:
    deploy = service(replace(WEB, cpus=cpus, memory=memory))["deploy"]
    assert deploy == {"replicas": 2, **({"resources": {"limits": limits}} if limits else {})}


def test_a_check_that_is_disabled_or_not_there() -> None:
    assert service(CACHE)["healthcheck"] == {"disable": True}
    assert "healthcheck" not in service(SETUP)


def test_an_empty_entrypoint_takes_the_images_away() -> None:
    spec = ServiceSpec(name="x", image="y", built=None, entrypoint=())
    assert service(spec).get("entrypoint") == []
    assert service_document(spec).get("entrypoint") == []


def test_a_network_mode_takes_the_networks_place() -> None:
    made = service(replace(WEB, compose={"network_mode": "host"}))
    assert made["network_mode"] == "host"
    assert "networks" not in made


def test_escape_and_merge() -> None:
    assert escape("a$b$$c") == "a$$b$$$$c"
    assert literal({"a": ("$x", 1, None, [{"b": "$"}]), "c": True}) == {
        "a": ["$$x", 1, None, [{"b": "$$"}]],
        "c": True,
    }
    base = {"a": 1, "t": {"x": 1, "y": [1]}}
    assert merged(base, {"t": {"y": ["$"], "z": {"q": "$"}}, "a": {"n": 1}}) == {
        "a": {"n": 1},
        "t": {"x": 1, "y": ["$$"], "z": {"q": "$$"}},
    }
    assert base == {"a": 1, "t": {"x": 1, "y": [1]}}


def test_the_recorded_document_survives_interpolation() -> None:
    labels = service(WEB)["labels"]
    # What Compose makes of it: two dollar signs are one.
    assert json.loads(labels["shipyard.spec"].replace("$$", "$")) == service_document(WEB)
