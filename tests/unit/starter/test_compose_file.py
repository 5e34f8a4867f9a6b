"""A Compose model taken over: what Shipyard has words for in its own words, data by its real name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipyard.starter.compose_file import take_over
from shipyard.starter.compose_values import Values, is_secret
from shipyard.starter.draft import Draft

ROOT = Path("/src/shop")


def taken(services: dict[str, Any], known: dict[str, str] | None = None, **model: Any) -> Draft:
    whole = {"name": "Old_Shop", "services": services, **model}
    return take_over(whole, ROOT, known or {})


def service(known: dict[str, str] | None = None, **given: Any) -> Any:
    draft = taken({"web": {"image": "shop:1", **given}}, known)
    made: Any = draft.document["services"]
    return made["web"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"command": "gunicorn 'a b'"}, {"command": ["gunicorn", "a b"]}),
        ({"entrypoint": ["/x"]}, {"entrypoint": ["/x"]}),
        ({"depends_on": {"db": {"condition": "service_healthy"}}}, {"needs": ["db"]}),
        ({"ports": ["80:8000"]}, {"publish": ["80:8000"]}),
        (
            {"ports": [{"target": 80, "published": "81", "host_ip": "127.0.0.1", "protocol": "udp"}]},
            {"publish": ["127.0.0.1:81:80/udp"]},
        ),
        ({"ports": [{"target": 80, "protocol": "tcp"}]}, {"publish": ["0.0.0.0::80"]}),
        ({"ports": [{"target": 80, "published": "80", "host_ip": "::1"}]}, {"publish": ["[::1]:80:80"]}),
        ({"labels": {"on": True, "none": None}}, {"labels": {"on": "true", "none": ""}}),
        (
            {"volumes": [{"type": "volume", "source": "${NONE:-./data}", "target": "/d"}]},
            {"volumes": ["./data:/d"]},
        ),
        ({"volumes": [{"type": "tmpfs", "target": "/t"}]}, {"tmpfs": ["/t"]}),
        ({"volumes": [{"type": "volume", "source": "d", "target": "/d"}]}, {"volumes": ["d:/d"]}),
        ({"volumes": [{"type": "volume", "target": "/d"}]}, {"volumes": ["/d"]}),
        (
            {"volumes": [{"type": "bind", "source": "/src/shop/c", "target": "/c", "read_only": True}]},
            {"volumes": ["./c:/c:ro"]},
        ),
        ({"volumes": [{"type": "bind", "source": "/etc/x", "target": "/c"}]}, {"volumes": ["/etc/x:/c"]}),
        ({"tmpfs": "/run"}, {"tmpfs": ["/run"]}),
        ({"healthcheck": {"disable": True}}, {"health": False}),
        ({"healthcheck": {"test": ["NONE"]}}, {"health": False}),
        (
            {"healthcheck": {"test": "a | b", "interval": "1m30s", "retries": 2}},
            {"health": {"command": ["sh", "-c", "a | b"], "interval": "90s", "retries": 2}},
        ),
        ({"healthcheck": {"test": ["CMD", "a", "b"]}}, {"health": {"command": ["a", "b"]}}),
        ({"labels": ["a=b=c"]}, {"labels": {"a": "b=c"}}),
        ({"extra_hosts": ["db:10.0.0.1"]}, {"extra_hosts": ["db:10.0.0.1"]}),
        ({"stop_grace_period": "1h"}, {"stop_timeout": "3600s"}),
        ({"mem_limit": "1g", "cpus": 0.5}, {"resources": {"cpus": 0.5, "memory": "1g"}}),
        (
            {"deploy": {"replicas": 2, "resources": {"limits": {"cpus": "1.5", "memory": "64M"}}}},
            {"replicas": 2, "resources": {"cpus": 1.5, "memory": "64M"}},
        ),
        ({"restart": "always", "user": "1000", "read_only": True}, None),
        ({"shm_size": "1g", "cap_drop": ["ALL"]}, {"compose": {"shm_size": "1g", "cap_drop": ["ALL"]}}),
        ({"networks": {"default": None, "back": None}}, {"networks": ["default", "back"]}),
    ],
)
def test_a_key(given: dict[str, Any], made: dict[str, Any] | None) -> None:
    assert service(**given) == {"image": "shop:1", **(given if made is None else made)}


@pytest.mark.parametrize(
    ("environment", "known", "env", "secrets"),
    [
        ({"LEVEL": "info"}, {}, {"LEVEL": "info"}, {}),
        ({"LEVEL": "${LEVEL:-info}"}, {}, {"LEVEL": "info"}, {}),
        ({"LEVEL": "${LEVEL}"}, {"LEVEL": "warn"}, {"LEVEL": "warn"}, {}),
        ({"LEVEL": "$LEVEL"}, {}, {"LEVEL": "${env:LEVEL}"}, {}),
        ({"PRICE": "5$$ ${X:-a}"}, {}, {"PRICE": "5$ a"}, {}),
        ({"LITERAL": "$${X}"}, {}, {"LITERAL": "$${X}"}, {}),
        (["SECRET_KEY=abc"], {}, {}, {"SECRET_KEY": "abc"}),
        ({"SECRET_KEY": "${SECRET_KEY:?}"}, {"SECRET_KEY": "abc"}, {}, {"SECRET_KEY": "abc"}),
        ({"SECRET_KEY": None}, {}, {}, {"SECRET_KEY": None}),
        (
            {"URL": "postgres://u:${DB_PASSWORD}@db/shop"},
            {"DB_PASSWORD": "pw"},
            {"URL": "postgres://u:${secret:DB_PASSWORD}@db/shop"},
            {"DB_PASSWORD": "pw"},
        ),
        (
            {"URL": "postgres://u:p%40ss@db/shop"},
            {},
            {"URL": "postgres://u:${secret:URL_PASSWORD}@db/shop"},
            {"URL_PASSWORD": "p@ss"},
        ),
        (
            {"PASSWORD_FILE": "/etc/x", "TOKEN_TTL": "5"},
            {},
            {"PASSWORD_FILE": "/etc/x", "TOKEN_TTL": "5"},
            {},
        ),
    ],
)
def test_an_environment(environment: Any, known: dict[str, str], env: Any, secrets: dict[str, Any]) -> None:
    draft = taken({"web": {"image": "shop:1", "environment": environment}}, known)
    made: Any = draft.document["services"]
    assert made["web"].get("env", {}) == env
    assert dict(draft.secrets) == secrets
    # What is secret is nowhere in the manifest.
    assert not any(
        value and value in str(draft.document) for value in draft.secrets.values() if value != "pw"
    )


def test_a_password_that_two_services_know_is_one_secret() -> None:
    draft = taken(
        {
            "web": {
                "build": {"context": "/src/shop"},
                "environment": {"URL": "postgres://u:hunter2@db/shop"},
            },
            "db": {"image": "postgres:17", "environment": {"POSTGRES_PASSWORD": "hunter2"}},
        }
    )
    made: Any = draft.document["services"]
    assert list(made) == ["web", "db"]
    assert made["web"]["env"] == {"URL": "postgres://u:${secret:POSTGRES_PASSWORD}@db/shop"}
    assert made["db"]["secrets"] == ["POSTGRES_PASSWORD"]
    assert dict(draft.secrets) == {"POSTGRES_PASSWORD": "hunter2"}


def test_other_values_of_one_name_are_other_secrets() -> None:
    draft = taken({name: {"image": "a", "environment": {"TOKEN": name}} for name in ("a", "b")})
    made: Any = draft.document["services"]
    assert made["a"]["secrets"] == ["TOKEN"]
    assert made["b"]["secrets"] == {"TOKEN": {"from": "TOKEN_2"}}


def test_a_secret_that_is_a_file() -> None:
    draft = taken(
        {"db": {"image": "postgres:17", "environment": {"POSTGRES_PASSWORD_FILE": "/run/secrets/db-pw"}}},
        secrets={"db-pw": {"file": "/x", "value": "pw"}},
    )
    made: Any = draft.document["services"]
    assert made["db"]["secrets"] == {"POSTGRES_PASSWORD": {"from": "DB_PW", "as": "file"}}
    assert "env" not in made["db"]
    assert dict(draft.secrets) == {"DB_PW": "pw"}


def test_volumes_keep_their_real_names() -> None:
    draft = taken(
        {"db": {"image": "postgres:17", "volumes": [{"type": "volume", "source": "data", "target": "/d"}]}},
        volumes={"data": {"name": "old_shop_data"}, "unused": {"name": "x"}},
    )
    assert draft.document["volumes"] == {"data": {"name": "old_shop_data", "external": True}}
    assert any("old_shop_data" in note for note in draft.notes)


def test_what_runs_from_one_source_is_like_the_first() -> None:
    web = {"build": {"context": "/src/shop"}, "environment": {"A": "1"}}
    worker = {**web, "command": ["celery"], "environment": {"A": "1", "B": "2"}}
    draft = taken(
        {"web": web, "worker": worker, "other": {"build": {"context": "/src/shop"}, "command": "x"}}
    )
    made: Any = draft.document["services"]
    assert made["worker"] == {"like": "web", "command": ["celery"], "env": {"A": "1", "B": "2"}}
    # It would take over an environment that it has not.
    assert made["other"] == {"path": ".", "command": ["x"]}


def test_networks() -> None:
    draft = taken(
        {"web": {"image": "a", "networks": {"back": None, "edge": None}}},
        networks={
            "default": {"name": "old_shop_default"},
            "back": {
                "name": "old_shop_back",
                "internal": True,
                "ipam": {"config": [{"subnet": "10.9.0.0/24"}]},
            },
            "edge": {"name": "edge", "external": True},
        },
    )
    assert draft.document["networks"] == {
        "back": {"internal": True, "subnet": "10.9.0.0/24"},
        "edge": {"external": True, "name": "edge"},
    }


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True),
        ("POSTGRES_PASSWORD", True),
        ("SECRET_KEY", True),
        ("API_KEY", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("SECRET_KEY_FILE", False),
        ("TOKEN_URL", False),
        ("DATABASE_URL", False),
        ("KEYBOARD", False),
        ("COMPASS", False),
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_a_default_that_was_taken_is_said() -> None:
    values = Values(known={})
    assert values.literal("${PORT:-80}:80") == "80:80"
    assert values.notes == ["${PORT} has a default in the Compose file, which is what was taken"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (
            {"command": ["redis-server", "--requirepass", "hunter2", "--dir", "/a b"]},
            {"command": ["sh", "-c", "exec redis-server --requirepass \"${PASSWORD}\" --dir '/a b'"]},
        ),
        ({"command": "x --auth=u:${PASSWORD}"}, {"command": ["sh", "-c", 'exec x --auth=u:"${PASSWORD}"']}),
        (
            {"healthcheck": {"test": "redis-cli -a hunter2 ping"}},
            {"health": {"command": ["sh", "-c", "redis-cli -a ${PASSWORD} ping"]}},
        ),
        ({"labels": {"a": "hunter2", "b": "c"}}, {"labels": {"b": "c"}}),
    ],
)
def test_a_secret_stands_nowhere_else(given: dict[str, Any], made: dict[str, Any]) -> None:
    service = {"image": "redis:7", "environment": {"PASSWORD": "hunter2"}, **given}
    draft = taken({"cache": service}, {"PASSWORD": "hunter2"})
    found: Any = draft.document["services"]
    assert found["cache"] == {"image": "redis:7", "secrets": ["PASSWORD"], **made}
    assert "hunter2" not in str(draft.document)


def test_a_secret_of_another_service_comes_along() -> None:
    draft = taken(
        {
            "db": {"image": "a", "environment": {"PASSWORD": "hunter2"}},
            "web": {"image": "b", "command": ["x", "hunter2"], "environment": {"URL": "x:hunter2"}},
        }
    )
    made: Any = draft.document["services"]
    assert made["web"]["secrets"] == ["PASSWORD"]
    assert made["web"]["env"] == {"URL": "x:${secret:PASSWORD}"}


def test_a_volume_without_a_name_is_told() -> None:
    draft = taken({"a": {"image": "b", "volumes": [{"type": "volume", "target": "/data"}]}})
    assert any("/data is a volume without a name" in note for note in draft.notes)


def test_a_password_that_is_a_common_word() -> None:
    """As in the Compose file of many a tutorial."""
    environment = {"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "postgres", "POSTGRES_DB": "postgres"}
    draft = taken(
        {
            "db": {
                "image": "postgres:17",
                "environment": environment,
                "volumes": [{"type": "volume", "source": "pgdata", "target": "/var/lib/postgresql/data"}],
                "healthcheck": {"test": ["CMD-SHELL", "pg_isready -U postgres"]},
            },
            "web": {
                "image": "shop:1",
                "environment": {
                    "DATABASE_URL": "postgres://postgres:postgres@db/postgres",
                    "LOG": "postgresql",
                },
            },
        }
    )
    services: Any = draft.document["services"]
    assert services["db"]["image"] == "postgres:17"
    assert services["db"]["volumes"] == ["pgdata:/var/lib/postgresql/data"]
    assert services["db"]["health"] == {"command": ["sh", "-c", "pg_isready -U postgres"]}
    assert services["web"]["env"] == {
        "DATABASE_URL": "postgres://postgres:${secret:POSTGRES_PASSWORD}@db/postgres",
        "LOG": "postgresql",
    }


def test_what_no_key_takes_is_told() -> None:
    draft = taken(
        {
            "web": {
                "image": "shop:1",
                "deploy": {"restart_policy": {"condition": "any"}, "resources": {"reservations": {}}},
                "volumes": [
                    {"type": "bind", "source": "/a", "target": "/b", "bind": {"propagation": "shared"}}
                ],
                "secrets": [{"source": "api_key"}],
            }
        }
    )
    told = "\n".join(draft.notes)
    assert "deploy.resources.reservations, deploy.restart_policy is left out" in told
    assert "propagation of the mount at /b is left out" in told
    assert "the secret api_key is left out" in told
