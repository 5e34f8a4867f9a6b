"""Values with which settings load while static files are collected: of the declared shape, nothing else."""

from __future__ import annotations

import pytest

from shipyard.compile.throw_away import throw_away
from shipyard.frameworks.application import EnvironmentRead
from shipyard.model.manifest import Secret, SecretRef, Service, Template


def made(
    env: dict[str, Template] | None = None, *reads: EnvironmentRead, secrets: tuple[Secret, ...] = ()
) -> dict[str, str]:
    return dict(throw_away(Service(name="web", path=".", env=env or {}, secrets=secrets), reads))


def read(name: str, *, default: bool = False, required: bool = True, cast: str = "") -> EnvironmentRead:
    return EnvironmentRead(name=name, default=default, required=required, cast=cast)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("shop.example.com", "build"),
        ("true", "0"),
        ("Off", "0"),
        ("", "0"),
        ("8", "1"),
        ("2.5", "1"),
        ("-1", "1"),
        ("warning", "info"),
        ("WARNING", "INFO"),
        ("https://cdn.example.com/x", "https://build:build@localhost/0"),
        ("postgresql+psycopg://u:p@db/x", "postgresql+psycopg://build:build@localhost/0"),
        ("sqlite:///data/x.db", "sqlite:////tmp/build.db"),
        ("://x", "build"),
        ("a b://x", "build"),
    ],
)
def test_the_shape_of_a_declared_value_is_kept(declared: str, value: str) -> None:
    assert made({"X": (declared,)})["X"] == value


def test_no_secret_and_no_part_around_one_is_kept() -> None:
    found = made(
        {"URL": ("redis://:", SecretRef(name="P"), "@cache/1"), "KEY": (SecretRef(name="K"),)},
        secrets=(Secret(name="TOKEN", source="T"),),
    )
    assert found == {
        "KEY": "build",
        "SECRET_KEY": "build",
        "TOKEN": "build",
        "URL": "redis://build:build@localhost/0",
    }


def test_a_default_of_the_settings_is_better_than_a_made_up_value() -> None:
    reads = (read("A", default=True, required=False), read("SECRET_KEY", default=True, required=False))
    assert made({"A": ("x",)}, *reads) == {}
    # Not where another read of it has none.
    assert made({"A": ("x",)}, *reads, read("A"))["A"] == "build"


@pytest.mark.parametrize(
    ("cast", "value"),
    [("", "build"), ("int", "1"), ("bool", "0"), ("db", "sqlite:////tmp/build.db"), ("json", "{}")],
)
def test_what_settings_cannot_load_without(cast: str, value: str) -> None:
    assert made(None, read("X", cast=cast))["X"] == value
    # A secret's value is of that kind too.
    assert made(None, read("X", cast=cast), secrets=(Secret(name="X", source="X"),))["X"] == value
    assert "X" not in made(None, read("X", required=False, cast=cast))


def test_the_settings_module_is_the_one_value_that_matters() -> None:
    assert made({"DJANGO_SETTINGS_MODULE": ("shop.prod",)})["DJANGO_SETTINGS_MODULE"] == "shop.prod"


def test_stages_that_differ_in_values_make_one_image() -> None:
    prod = {"HOSTS": ("shop.example.com",), "LEVEL": ("error",), "N": ("8",)}
    dev = {"HOSTS": ("localhost",), "LEVEL": ("debug",), "N": ("1",)}
    assert made({**prod}) == made({**dev})


def test_no_option_of_env() -> None:
    assert made({"-i": ("x",), "--help": ("x",)}) == {"SECRET_KEY": "build"}
