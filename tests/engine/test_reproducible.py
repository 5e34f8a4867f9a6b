"""Two builds from nothing, of two checkouts, are one image: on this engine's image store and on the other."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

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
OPAQUE = "/.wh..wh..opq"
"""By this a layer of Docker's own store says that a folder is new with it; others do not say so."""


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


def layers(image: str, at: list[str]) -> list[dict[str, tuple[object, ...]]]:
    """Of each layer what its files are, by path: kind, mode, owner, time, link, digest. `at` are the words
    that name the engine."""
    with tempfile.TemporaryDirectory() as folder:
        docker(*at, "save", "-o", f"{folder}/image.tar", image)
        with tarfile.open(f"{folder}/image.tar") as saved:
            (manifest,) = json.load(saved.extractfile("manifest.json") or io.BytesIO())
            return [entries(saved.extractfile(layer)) for layer in manifest["Layers"]]


def entries(layer: IO[bytes] | None) -> dict[str, tuple[object, ...]]:
    found = {}
    with tarfile.open(fileobj=layer) as archive:
        for one in archive:
            if one.name.endswith(OPAQUE):
                continue
            content = archive.extractfile(one) if one.isreg() else None
            digest = hashlib.sha256(content.read()).hexdigest() if content else ""
            found[one.name] = (one.type, one.mode, one.uid, one.gid, one.mtime, one.linkname, digest)
    return found


def nameless(images: dict[str, Any]) -> dict[str, Any]:
    """By its configuration on one store and by its manifest on the other."""
    return {name: {**one, "Id": ""} for name, one in images.items()}


def assert_same(first: dict[str, Any], second: dict[str, Any], at: list[str]) -> None:
    """The same images, by their layers. Docker's own store packs a layer in another order, of paths and not
    folder by folder, where another build makes the layer below at the same moment (overlay2 then compares
    the two itself): each file in each layer has to be the same. `at` names the second's engine."""
    if nameless(first) == nameless(second):
        return
    counted = [
        {name: {**one, "RootFS": len(one["RootFS"]["Layers"])} for name, one in nameless(images).items()}
        for images in (first, second)
    ]
    assert counted[0] == counted[1]
    for name in first:
        both = layers(first[name]["Id"], []), layers(second[name]["Id"], at)
        for here, there in zip(*both, strict=True):
            pairs = {path: (here.get(path), there.get(path)) for path in here.keys() | there.keys()}
            other = {path: pair for path, pair in sorted(pairs.items()) if pair[0] != pair[1]}
            # A folder that was written in and is as it was: one store names it, the other does not.
            assert {path: pair for path, pair in other.items() if None not in pair or not folder(*pair)} == {}


def folder(*entries: tuple[object, ...] | None) -> bool:
    return any(one is not None and one[0] == tarfile.DIRTYPE for one in entries)


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
    assert first, "something was built"
    if nameless(first) == nameless(second):
        assert first == second
    assert_same(first, second, [])
    assert_same(first, built(one, stage, other), ["-H", other])


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
