"""Which variables a module reads, and what happens to it without them."""

from __future__ import annotations

import ast

import pytest

from shipyard.frameworks.application import EnvironmentRead
from shipyard.frameworks.environment import environment_reads, environment_variable


def read(
    name: str = "A", *, default: bool = False, required: bool = False, cast: str = "", fallback: str = ""
) -> EnvironmentRead:
    return EnvironmentRead(
        name=name, default=default or bool(fallback), required=required, cast=cast, fallback=fallback
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("os.environ['A']", read(required=True)),
        ("environ['A']", read(required=True)),
        ("os.environ.get('A')", read()),
        ("os.environ.get('A', 'x')", read(fallback="x")),
        ("os.getenv('A', default='x')", read(fallback="x")),
        ("getenv('A')", read()),
        ("env('A')", read(required=True)),
        ("env.int('A')", read(required=True, cast="int")),
        ("env.bool('A', False)", read(default=True, cast="bool", fallback="false")),
        ("env.db('A')", read(required=True, cast="db")),
        ("dj_database_url.config(conn_max_age=60)", read("DATABASE_URL")),
        ("dj_database_url.config(default='sqlite://x')", read("DATABASE_URL", fallback="sqlite://x")),
        ("dj_database_url.config(env='A')", read()),
        ("dj_database_url.config('A')", read()),
        ("env.db()", read("DATABASE_URL", required=True, cast="db")),
        ("env.cache(default='dummycache://')", read("CACHE_URL", fallback="dummycache://", cast="cache")),
        ("config('A', cast=int)", read(required=True, cast="int")),
        ("config('A', default=1, cast=int)", read(default=True, cast="int")),
        ("env = environ.Env(A=(bool, False))\nenv('A')", read(default=True)),
    ],
)
def test_a_read(text: str, expected: EnvironmentRead) -> None:
    assert list(environment_reads(ast.parse(text))) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "os.environ['A'] = 'x'",
        "del os.environ['A']",
        "os.environ[NAME]",
        "os.environ.get(NAME)",
        "settings['A']",
        "other('A')",
        "os.environ.setdefault('A', 'x')",
        "env.read_env()",
        "dj_database_url.parse('A')",
        "print()",
        "'os.environ[\"A\"]'",
    ],
)
def test_no_read(text: str) -> None:
    assert list(environment_reads(ast.parse(text))) == []


def test_the_first_variable_of_an_expression() -> None:
    assert environment_variable(ast.parse("[os.getenv('A'), os.environ['B']]")) == "A"
    assert environment_variable(ast.parse("['x']")) is None
