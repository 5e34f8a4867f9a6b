from __future__ import annotations

from collections.abc import Callable

import pytest

from shipyard.manifest import Loaded
from shipyard.manifest.errors import Invalid
from shipyard.manifest.interpolate import template, written
from shipyard.model.manifest import SecretRef, Template

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]

ENVIRON = {"A": "one", "EMPTY": "", "EVIL": "${secret:X}${env:A}$${", "NL": "a\nb'\"`$"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("",)),
        ("plain $HOME ${HOME} ${foo:bar} $", ("plain $HOME ${HOME} ${foo:bar} $",)),
        ("${env:A}-${env:A}", ("one-one",)),
        ("${env:EMPTY}", ("",)),
        ("$${env:A}", ("${env:A}",)),
        ("$${secret:A}", ("${secret:A}",)),
        ("$$${env:A}", ("$${env:A}",)),
        ("${env:EVIL}", ("${secret:X}${env:A}$${",)),
        ("${env:NL}", ("a\nb'\"`$",)),
        ("${secret:X}", (SecretRef(name="X"),)),
        ("a${secret:X}b${env:A}${secret:Y}", ("a", SecretRef(name="X"), "bone", SecretRef(name="Y"))),
        ("${secret:X}${secret:X}", (SecretRef(name="X"), SecretRef(name="X"))),
        ("${ env:A}", ("${ env:A}",)),
        ("${ENV:A}", ("${ENV:A}",)),
    ],
)
def test_template(text: str, parts: Template) -> None:
    assert template(text, ENVIRON) == parts


@pytest.mark.parametrize(
    "text", ["${env:NOPE}", "${env:}", "${env:A", "${env:a-b}", "${secret: X}", "${env:A\n}"]
)
def test_a_reference_that_is_wrong(text: str) -> None:
    with pytest.raises(Invalid):
        template(text, ENVIRON)


def test_written_means_the_same() -> None:
    parts = ("a${b", SecretRef(name="X"), "${secret:Y}")
    assert template(written(parts), {}) == parts


def test_it_works_in_every_text_of_the_chosen_stage_only(load_text: Load) -> None:
    text = """\
name = "shop"
registry = "${env:HOST}/acme"
[services.web]
image = "web:${env:TAG}"
publish = ["${env:PORT}:80"]
command = ["echo", "${env:TAG}", "$${env:TAG}"]
labels = { tag = "${env:TAG}" }
compose = { x = [{ y = "${env:TAG}" }] }
[stages.one.services.web]
[stages.two.services.web]
env = { X = "${env:NOT_SET}" }
"""
    environ = {"HOST": "r.example.com", "TAG": "v1", "PORT": "8080"}
    manifest = load_text(text, stage="one", environ=environ).manifest
    web = manifest.services[0]
    assert (manifest.registry, web.image) == ("r.example.com/acme", "web:v1")
    assert web.publish[0].host_port == 8080
    assert web.command == ("echo", "v1", "${env:TAG}")
    assert (web.labels, web.compose) == ({"tag": "v1"}, {"x": [{"y": "v1"}]})


def test_an_overridden_value_is_not_looked_at(load_text: Load) -> None:
    text = 'name = "a"\n[services.web]\nimage = "${env:NOPE}"\n[stages.dev.services.web]\nimage = "b"\n'
    assert load_text(text).manifest.services[0].image == "b"


def test_what_the_environment_holds_is_never_interpreted(load_text: Load) -> None:
    text = 'name = "a"\n[services.web]\nenv = { X = "${env:EVIL}" }\ncommand = ["x", "${env:EVIL}"]\n'
    loaded = load_text(text, environ={"EVIL": "${secret:KEY}"})
    assert loaded.manifest.services[0].env == {"X": ("${secret:KEY}",)}
    assert loaded.manifest.services[0].command == ("x", "${secret:KEY}")
    assert loaded.merged["services"]["web"]["env"]["X"] == "$${secret:KEY}"  # type: ignore[index]


def test_unset_names_the_line_and_tells_nothing_else(wrong: Wrong) -> None:
    assert wrong('name = "a"\n[services.web]\nimage = "${env:TAG}"\n') == [
        "3: services.web.image: the environment variable TAG is not set -> export TAG=..."
    ]
    in_stage = 'name = "a"\n[services.web]\n[stages.prod.services.web]\npublish = ["1:1", "${env:P}:2"]\n'
    assert wrong(in_stage, stage="prod")[0].startswith("4: stages.prod.services.web.publish[1]: the env")


@pytest.mark.parametrize(
    "lines", ['command = "x ${secret:A}"', 'image = "${secret:A}"', 'labels = { a = "${secret:A}" }']
)
def test_secrets_only_in_env(wrong: Wrong, lines: str) -> None:
    assert "a secret can only be part of a value in env" in wrong(f'name = "a"\n[services.web]\n{lines}\n')[0]


@pytest.mark.parametrize("text", ["${HOME}", "x${secrt:KEY}y", "${ENV:A}"])
def test_a_reference_of_another_kind_in_env_is_a_mistake(wrong: Wrong, text: str) -> None:
    (said,) = wrong(f'name = "a"\n[services.web]\nenv = {{ X = "{text}" }}\n')
    assert "means nothing here" in said
    assert "$${ is a literal ${" in said
