"""Projects that clean up after themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
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
