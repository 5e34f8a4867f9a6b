"""Two builds from nothing, of two checkouts, are one image: on this engine's image store and on the other."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus import DEFAULT, copy_fixture, expectation
from corpus import NAMES as FIXTURES
from project import Project, docker
from second_engine import hand_over, second_engine

from examples import NAMES, copy_example
from shipyard.cli.loading import load_project
from shipyard.compile.builds import compile_builds
from shipyard.manifest.load import stage_names

LONG_AGO = 10**9


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    with second_engine() as engine:
        yield engine.url


def as_somebody_else(folder: Path) -> None:
    """Another checkout: files of another time, by another umask, and folders that git knows nothing of."""
    (folder / "left" / "empty").mkdir(parents=True)
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (LONG_AGO, LONG_AGO))


def bases(folder: Path, stage: str | None) -> set[str]:
    """What the images of a project are made from."""
    builds = compile_builds(load_project(folder, stage, None).manifest)
    return {name for _, plan in builds.values() for name in (plan.base, plan.node) if name is not None}


def built(project: Project, stage: str | None, engine: str | None) -> dict[str, Any]:
    """By name what is known of each image, built from nothing on the first engine or another."""
    words = ["--stage", stage] if stage else []
    env = {"DOCKER_HOST": engine} if engine else {}
    said = project.run("build", "--no-cache", *words, env=env).stdout
    at = ["-H", engine] if engine else []
    names = [line.split()[0] for line in said.splitlines()]
    found = {}
    for name in names:
        (image,) = json.loads(docker(*at, "image", "inspect", name))
        found[name] = {key: image[key] for key in ("Id", "Created", "Config", "RootFS", "Os", "Architecture")}
    return found


def same_everywhere(make: Callable[[], Project], copy: Callable[[Path], None], other: str) -> None:
    one, two = make(), make()
    for project in (one, two):
        copy(project.root)
        manifest = project.root / "shipyard.toml"
        text = manifest.read_text() if manifest.exists() else DEFAULT
        # Both under one name: what they are is called alike.
        manifest.write_text(re.sub(r'^name = ".*"$', f'name = "{one.name}"', text, flags=re.MULTILINE))
    as_somebody_else(two.root)
    stage = "dev" if "dev" in stage_names(one.root) else None
    for base in sorted(bases(one.root, stage)):
        hand_over(base, other)
    first, second = (built(project, stage, None) for project in (one, two))
    assert first == second
    assert first, "something was built"
    there = built(one, stage, other)
    # By its configuration on one store and by its manifest on the other.
    stores = ({name: {**image, "Id": ""} for name, image in found.items()} for found in (first, there))
    assert next(stores) == next(stores)


def test_an_example_is_one_image_wherever_it_is_built(
    make_project: Callable[[], Project], other: str
) -> None:
    for name in NAMES:
        same_everywhere(make_project, lambda folder, name=name: copy_example(name, folder), other)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FIXTURES if "run" in expectation(name)])
def test_a_fixture_is_one_image_wherever_it_is_built(
    name: str, make_project: Callable[[], Project], other: str
) -> None:
    same_everywhere(make_project, lambda folder: copy_fixture(name, folder), other)
    # What has no name any more fills the disk after some of these.
    for at in ([], ["-H", other]):
        docker(*at, "builder", "prune", "-af")
