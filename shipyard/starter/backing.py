"""Databases and caches that a project's dependencies ask for, and the variables by which it finds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from shipyard.frameworks.application import EnvironmentRead
from shipyard.model.record import Record

VARIABLE = "DB_PASSWORD"
_HOST = re.compile(r"(?:DB|DATABASE|POSTGRES|PG|MYSQL|MARIADB|SQL)_?HOST(?:NAME)?")
_PORT = re.compile(r"(?:DB|DATABASE|POSTGRES|PG|MYSQL|MARIADB|SQL)_?PORT")
_NAME = re.compile(
    r"(?:DB|DATABASE|SQL)_NAME|(?:POSTGRES|MYSQL|MARIADB)_(?:DB|DATABASE)|PGDATABASE|SQL_DATABASE"
)
_USER = re.compile(r"(?:DB|DATABASE|POSTGRES|MYSQL|MARIADB|SQL)_USER(?:NAME)?|PGUSER")
_PASS = re.compile(r"(?:DB|DATABASE|POSTGRES|MYSQL|MARIADB|SQL)_PASS(?:WORD)?|PGPASSWORD")
_URL = re.compile(r"(?:DATABASE|DB|POSTGRES|SQLALCHEMY_DATABASE)_(?:URL|URI)")
_ENGINE = re.compile(r"(?:DB|DATABASE|POSTGRES|MYSQL|MARIADB|SQL)_ENGINE")
_CACHE = re.compile(
    r"(?:REDIS|CACHE|CELERY_BROKER|BROKER|CELERY_RESULT_BACKEND|RQ_REDIS|DRAMATIQ_BROKER)(?:_UR[LI])?"
)
_ALCHEMY = {"sqlalchemy", "sqlmodel", "flask-sqlalchemy", "alembic", "databases"}
_CACHE_CLIENTS = {"redis", "django-redis", "rq", "arq", "channels-redis", "valkey"}
_CACHE_HOST = re.compile(r"(?:REDIS|CACHE)_HOST")


class Database(Record):
    """A database image with the scheme of its URLs, Django's name of its backend and its own variables."""

    image: str
    scheme: str
    engine: str
    port: str
    data: str
    prefix: str


def database(packages: Iterable[str], *, django: bool) -> Database | None:
    """The database of a project by its drivers, which SQLAlchemy wants named in the scheme."""
    there = set(packages)
    named = not django and bool(there & _ALCHEMY)
    drivers = (
        ("asyncpg", "+asyncpg"),
        ("psycopg", "+psycopg"),
        ("psycopg2", "+psycopg2"),
        ("psycopg2-binary", "+psycopg2"),
    )
    for name, dialect in drivers:
        if name in there:
            scheme = "postgres" if django else f"postgresql{dialect if named else ''}"
            path = "/var/lib/postgresql/data"
            return Database(
                image="postgres:17",
                scheme=scheme,
                engine="postgresql",
                port="5432",
                data=path,
                prefix="POSTGRES",
            )
    for name, dialect in (("aiomysql", "+aiomysql"), ("pymysql", "+pymysql"), ("mysqlclient", "+mysqldb")):
        if name in there:
            scheme = f"mysql{dialect if named else ''}"
            return Database(
                image="mariadb:11",
                scheme=scheme,
                engine="mysql",
                port="3306",
                data="/var/lib/mysql",
                prefix="MARIADB",
            )
    return None


def cache_wanted(packages: Mapping[str, tuple[str, ...]], reads: Mapping[str, EnvironmentRead]) -> bool:
    """`packages` with their extras. Celery alone may use another broker: its variables tell."""
    return _has_client(packages) or any(_CACHE.fullmatch(how.bare or read) for read, how in reads.items())


def cache_notes(packages: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Celery brings no client of its own: whoever sends or takes a task would fail."""
    if "celery" not in packages or _has_client(packages):
        return ()
    return (
        "celery reaches a broker of redis:// by the package redis: add celery[redis] to the dependencies",
    )


def _has_client(packages: Mapping[str, tuple[str, ...]]) -> bool:
    return bool(packages.keys() & _CACHE_CLIENTS) or "redis" in packages.get("celery", ())


def database_variables(
    reads: Mapping[str, EnvironmentRead], found: Database, name: str
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The variables that connect the application: (env, secrets)."""
    env: dict[str, str] = {}
    secrets: dict[str, dict[str, str]] = {}
    for read, how in reads.items():
        bare = how.bare or read
        if _URL.fullmatch(bare):
            env[read] = f"{found.scheme}://{name}:${{secret:{VARIABLE}}}@db/{name}"
        elif _HOST.fullmatch(bare):
            env[read] = "db"
        elif _PORT.fullmatch(bare):
            env[read] = found.port
        elif _NAME.fullmatch(bare) or _USER.fullmatch(bare):
            env[read] = name
        elif _ENGINE.fullmatch(bare):
            # Put together from a path and a name, or a whole path: what it falls back on tells.
            path, dot, _ = (how.fallback or "django.db.backends.").rpartition(".")
            env[read] = f"{path}{dot}{found.engine}"
        elif _PASS.fullmatch(bare):
            secrets[read] = {} if read == VARIABLE else {"from": VARIABLE}
    return env, secrets


def database_service(found: Database, name: str) -> dict[str, object]:
    user = {f"{found.prefix}_USER": name}
    if found.prefix == "MARIADB":
        user |= {"MARIADB_DATABASE": name, "MARIADB_RANDOM_ROOT_PASSWORD": "1"}
    return {
        "image": found.image,
        "volumes": [f"db-data:{found.data}"],
        "env": user,
        "secrets": {f"{found.prefix}_PASSWORD": {"from": VARIABLE, "as": "file"}},
    }


def cache_variables(reads: Mapping[str, EnvironmentRead]) -> dict[str, str]:
    """The first database of Redis, the second for a cache beside others: to clear it empties it whole."""
    bare = {read: how.bare or read for read, how in reads.items()}
    names = [read for read in reads if _CACHE.fullmatch(bare[read])]
    own = [read for read in names if bare[read].startswith("CACHE") and len(names) > 1]
    urls = {read: f"redis://redis:6379/{1 if read in own else 0}" for read in names}
    return urls | {read: "redis" for read in reads if _CACHE_HOST.fullmatch(bare[read])}
