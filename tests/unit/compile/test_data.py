"""No two servers run on one database's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipyard.compile.data import data_places, shared_data
from shipyard.model.desired import ServiceSpec
from shipyard.model.manifest import Mount

ROOT = Path("/srv/shop")


def database(name: str = "db", target: str = "/var/lib/postgresql/data", **fields: Any) -> ServiceSpec:
    fields.setdefault("image", "postgres:17")
    mount = Mount(kind="volume", source="data", target=target, read_only=fields.pop("read_only", False))
    return ServiceSpec(name=name, built=None, volumes=(mount,), **fields)


@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        (database(), True),
        (database(target="/var/lib/postgresql"), True),
        (database(command=("postgres", "-c", "fsync=off")), True),
        (database(command=("-c", "fsync=off")), True),
        (database(image="redis:7", target="/data", command=("redis-server", "--appendonly", "yes")), True),
        (database(entrypoint=("docker-entrypoint.sh",), command=("/usr/bin/postgres",)), True),
        (database(target="/backup"), False),
        (database(read_only=True), False),
        (database(command=("sh", "-c", "pg_dump x > /var/lib/postgresql/data/x")), False),
        (database(restart="no"), True),
        (database(command=("/bin/sh", "-c", "exec postgres -c fsync=off")), True),
        (database(image="redis:7", target="/data", command=("/etc/redis.conf",)), True),
        (database(image="mariadb:11", target="/var/lib/mysql", command=("mysqld",)), True),
        (database(target="/db", env={"PGDATA": ("/db/17",)}), True),
        (database(env={"PGDATA": ("/elsewhere",)}), False),
        (database(target="/var/lib/postgresql/data/pgdata"), True),
        (database(image="python:3.13"), False),
    ],
)
def test_who_keeps_data_where(spec: ServiceSpec, holds: bool) -> None:
    assert data_places(spec, ROOT) == ({"data"} if holds else frozenset())


def test_a_folder_of_the_host_is_a_place_too() -> None:
    mount = Mount(kind="bind", source="./data", target="/var/lib/postgresql/data")
    spec = ServiceSpec(name="db", image="postgres:17", built=None, volumes=(mount,))
    assert data_places(spec, ROOT) == {"/srv/shop/data"}


BARE: dict[str, Any] = {"name": "other", "image": "postgres:17", "built": None}


@pytest.mark.parametrize(
    ("specs", "where"),
    [
        ((database(), database("web", target="/x")), []),
        ((database(replicas=2),), ["services.db.replicas"]),
        ((database(rollout="start-first"),), ["services.db.rollout"]),
        ((database(), database("other")), ["services.other.volumes"]),
        (
            (database(), ServiceSpec(**BARE, compose={"volumes_from": ["db"]})),
            ["services.other.compose.volumes_from"],
        ),
    ],
)
def test_what_would_share_it(specs: tuple[ServiceSpec, ...], where: list[str]) -> None:
    assert [error.where for error in shared_data(specs, ROOT)] == where
