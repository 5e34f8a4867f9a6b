"""What is in the hash by which Compose knows whether a container is outdated, and what is not.

Shipyard's two forms of one model, its order of writing and its numbers of replicas rest on this.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compose_table.driven import ComposeProject, Model
from compose_table.row import model, service

LABEL = "com.docker.compose.config-hash"

SETTINGS: Model = {
    "environment": {"LEVEL": "info", "TEXT": "a$$b ünï \u2028"},
    "labels": {"team": "shop"},
    "ports": [{"target": 8000, "protocol": "tcp", "mode": "ingress", "host_ip": "127.0.0.1"}],
    "healthcheck": {
        "test": ["CMD", "true"],
        "interval": "60s",
        "start_period": "30s",
        "start_interval": "1s",
    },
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
    "restart": "unless-stopped",
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
    "deploy": {"replicas": 2, "resources": {"limits": {"cpus": "0.5", "memory": "67108864"}}},
}
DATA = {"data": {"name": "@project_data"}}
BASE = model(SETTINGS, volumes=DATA)


def _with(**settings: object) -> Model:
    return model({**SETTINGS, **settings}, volumes=DATA)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return value


NOT_IN_IT: dict[str, Model] = {
    "order of keys": _reversed(BASE),
    "depends_on": model({**SETTINGS, "depends_on": ["db"]}, others={"db": service()}, volumes=DATA),
    "profiles": _with(profiles=["late"]),
    "build": _with(build={"context": "@folder"}),
    "number of replicas": _with(deploy={**SETTINGS["deploy"], "replicas": 5}),
    "another service": model(SETTINGS, others={"db": service()}, volumes=DATA),
    "an external volume instead of a declared one": model(
        SETTINGS, volumes={"data": {"name": "@project_data", "external": True}}
    ),
    "a volume's own settings": model(SETTINGS, volumes={"data": {**DATA["data"], "labels": {"a": "b"}}}),
    "a declared network instead of an external one": {
        **BASE,
        "networks": {"default": {"name": "@project_plain", "internal": True}},
    },
}
IN_IT: dict[str, Model] = {
    "environment": _with(environment={"LEVEL": "debug"}),
    "an explicit default": _with(privileged=False, read_only=False, cap_add=[], network_mode=None, tty=True),
    "that deploy is there": _with(deploy=None),
    "image by another name": _with(image="docker.io/library/python:3.13-slim"),
    "a label": _with(labels={}),
}


@pytest.mark.parametrize("change", NOT_IN_IT)
def test_it_is_the_same_whatever_is_said_of(change: str, compose_project: ComposeProject) -> None:
    assert compose_project.hash(NOT_IN_IT[change]) == compose_project.hash(BASE)


@pytest.mark.parametrize("change", IN_IT)
def test_it_is_another_by(change: str, compose_project: ComposeProject) -> None:
    assert compose_project.hash(IN_IT[change]) != compose_project.hash(BASE)


def test_it_is_the_label_of_what_was_made(compose_project: ComposeProject) -> None:
    compose_project.must(BASE, "up", "-d", "--no-build", "--pull", "never")
    hashes = {compose_project.inspect(name)["Config"]["Labels"][LABEL] for name in ("web-1", "web-2")}
    assert hashes == {compose_project.hash(BASE)}


def test_it_is_not_the_label_of_a_service_in_anothers_network(compose_project: ComposeProject) -> None:
    """The container's id takes the place of the service's name."""
    joined = model(others={"side": service(network_mode="service:web")})
    compose_project.start_all(joined)
    found = compose_project.inspect("side-1")["Config"]["Labels"][LABEL]
    assert found != compose_project.hash(joined, "side")


def test_neither_the_files_name_nor_its_language_is_in_it(compose_project: ComposeProject) -> None:
    written = compose_project.write(BASE)
    other = compose_project.write(BASE, "other.yaml")
    other.write_text("# A comment that JSON has not.\n" + _yaml(json.loads(other.read_text())))
    found = [compose_project.compose(file, "config", "--hash", "web").stdout for file in (written, other)]
    assert found[0] == found[1] != ""


def test_a_relative_bind_is_in_it_as_the_place_where_the_file_is(
    compose_project: ComposeProject, tmp_path: Path
) -> None:
    bound = model({"volumes": [{"type": "bind", "source": "./content", "target": "/content"}]})
    here = compose_project.hash(bound)
    compose_project.folder = tmp_path / "elsewhere"
    compose_project.folder.mkdir()
    assert compose_project.hash(bound) != here


def _yaml(value: Any, depth: int = 0) -> str:
    """Block style, each scalar as JSON."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) and item:
            lines.append(f"{'  ' * depth}{json.dumps(key)}:\n{_yaml(item, depth + 1)}")
        else:
            lines.append(f"{'  ' * depth}{json.dumps(key)}: {json.dumps(item)}\n")
    return "".join(lines)
