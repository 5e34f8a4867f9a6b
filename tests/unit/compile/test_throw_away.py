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


@pytest.mark.parametrize("name", ["ENV", "DJANGO_ENV", "STATIC_ROOT", "APP_CONFIGURATION"])
def test_what_decides_how_files_are_collected_has_its_own_value(name: str) -> None:
    relaxed = read(name, default=True, required=False)
    assert made({name: ("/srv/x",)}, relaxed)[name] == "/srv/x"
    assert made({name: (SecretRef(name="P"),)}, relaxed) == {"SECRET_KEY": "build"}
    assert made({name: ("/srv/x",)})[name] == "build", "what is not read decides nothing"


@pytest.mark.parametrize(
    ("declared", "fallback", "default", "off"),
    [
        ("true", "true", True, True),
        ("false", "true", True, True),
        (None, "false", True, True),
        (None, "", False, True),
        (None, "true", True, False),
        (None, "", True, False),
    ],
)
def test_debug_is_off_in_every_stage(declared: str | None, fallback: str, default: bool, off: bool) -> None:
    """But for a default that is on, or is not known: what else it wants without is not known either."""
    debug = EnvironmentRead(name="DEBUG", default=default, required=False, fallback=fallback)
    found = made({"DEBUG": (declared,)} if declared else {}, debug)
    assert found.get("DEBUG") == ("0" if off else None)
