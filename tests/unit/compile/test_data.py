"""No two servers run on one database's data."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile.data import data_volumes, shared_data
from shipyard.model.desired import ServiceSpec
from shipyard.model.manifest import Mount


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
        (database(restart="no"), False),
        (database(image="python:3.13"), False),
    ],
)
def test_who_keeps_data_where(spec: ServiceSpec, holds: bool) -> None:
    assert data_volumes(spec) == ({"data"} if holds else frozenset())


@pytest.mark.parametrize(
    ("specs", "where"),
    [
        ((database(), database("web", target="/x")), []),
        ((database(replicas=2),), ["services.db.replicas"]),
        ((database(rollout="start-first"),), ["services.db.rollout"]),
        ((database(), database("other")), ["services.other.volumes"]),
    ],
)
def test_what_would_share_it(specs: tuple[ServiceSpec, ...], where: list[str]) -> None:
    assert [error.where for error in shared_data(specs)] == where
