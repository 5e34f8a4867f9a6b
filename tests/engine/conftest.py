"""Projects that clean up after themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from compose_table.driven import ComposeProject
from project import Project


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[Callable[[], Project]]:
    """Makes projects with names of their own: tests run side by side on one engine."""
    made: list[Project] = []

    def make() -> Project:
        name = f"t{uuid.uuid4().hex[:8]}"
        root = tmp_path / name
        root.mkdir()
        made.append(Project(root, name))
        return made[-1]

    yield make
    for project in made:
        project.remove()


@pytest.fixture
def project(make_project: Callable[[], Project]) -> Project:
    return make_project()


@pytest.fixture(scope="session")
def compose_network() -> Iterator[tuple[docker.APIClient, str]]:
    """A network that many Compose projects are on, made once, since making one takes its time."""
    api, name = docker.APIClient(timeout=60), f"t{uuid.uuid4().hex[:8]}-shared"
    api.create_network(name)
    yield api, name
    api.remove_network(name)
    api.close()


@pytest.fixture
def compose_project(
    tmp_path: Path, compose_network: tuple[docker.APIClient, str]
) -> Iterator[ComposeProject]:
    """A project of Compose's own, without Shipyard."""
    api, shared = compose_network
    made = ComposeProject(folder=tmp_path, name=f"t{uuid.uuid4().hex[:8]}", shared=shared, api=api)
    yield made
    made.remove()
