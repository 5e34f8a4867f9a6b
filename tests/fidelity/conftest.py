"""How many cases, and from which seed on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import Project

CASES = 40
SLOW_CASES = 240


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        config = metafunc.config
        count = config.getoption("--cases") or (SLOW_CASES if config.getoption("--slow") else CASES)
        first = config.getoption("--seed")
        metafunc.parametrize("seed", range(first, first + count))


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
