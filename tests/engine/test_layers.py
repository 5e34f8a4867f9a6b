"""Which layers are made anew for an edit, by the build's own report and by the image that comes of it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

import pytest
from project import Project, docker
from test_uv import WEB, lock

LAYERS = ("std", "deps", "workdir", "src")
"""The last layers of an image, in their order; below them is the base."""


def edit_code(project: Project) -> None:
    project.write("shop/main.py", "from fastapi import FastAPI\n\napp = FastAPI(title='another')\n")


def edit_readme(project: Project) -> None:
    project.write("README.md", "# Another\n")


def commit(project: Project) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x", "--allow-empty"],
        cwd=project.root,
        check=True,
    )


EDITS: dict[str, tuple[Callable[[Project], None], set[str]]] = {
    "an empty commit": (commit, set()),
    "the README": (edit_readme, set()),
    "the version": (lambda project: lock(project, version="2"), set()),
    "a tool's section": (lambda project: lock(project, version="2", length=100), set()),
    "a development dependency": (
        lambda project: lock(project, dev='"itsdangerous==2.2.0"', version="2", length=100),
        set(),
    ),
    "the code": (edit_code, {"src"}),
    "a dependency": (lambda project: lock(project, WEB + ', "itsdangerous==2.2.0"', version="2"), {"deps"}),
}
"""One after the other, each with the layers that it moves."""


@pytest.fixture
def shop(project: Project) -> Project:
    # No other test builds for this Python: one that wants no cache takes it from whoever does the same.
    project.manifest('[services.web]\npython = "3.11"\n')
    project.write("shop/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    edit_readme(project)
    lock(project)
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    return project


def layers(project: Project) -> dict[str, str]:
    """The digests of the image's own layers."""
    name = project.run("build").stdout.split()[0]
    found = json.loads(docker("image", "inspect", name))[0]["RootFS"]["Layers"]
    return dict(zip(LAYERS, found[-len(LAYERS) :], strict=True))


def test_an_edit_moves_the_layers_that_it_reaches(shop: Project) -> None:
    before = layers(shop)
    for what, (edit, moved) in EDITS.items():
        edit(shop)
        report = shop.run("build").stderr
        ran = set(re.findall(r"^  (?:\w+ )?(tool|std|deps|src) [0-9]+/[0-9]+: ", report, re.MULTILINE))
        # The source is copied anew for a file beside it too, and comes out as it was. What an earlier run of
        # this test made may be cached still.
        assert ran <= moved | ({"src"} if moved else set()), f"{what}: {report}"
        after = layers(shop)
        assert {name for name in LAYERS if after[name] != before[name]} == moved, what
        before = after
