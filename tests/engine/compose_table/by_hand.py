"""What people do to a Compose project's containers, images and files behind Compose's back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compose_table.driven import ComposeProject

Hand = Callable[[ComposeProject], None]

IMAGE = "python:3.13-slim"
OTHER_IMAGE = "python:3.12-slim"
KEEPING = "shipyard-compose-table/keeping:1"


def _update(project: ComposeProject, **body: Any) -> None:
    api: Any = project.api
    answer = api._post_json(api._url("/containers/{0}/update", project.id("web-1")), data=body)
    api._raise_for_status(answer)


def tagged(project: ComposeProject) -> None:
    project.api.tag(IMAGE, f"{project.name}/moved", "1")


def retagged(project: ComposeProject) -> None:
    project.api.tag(OTHER_IMAGE, f"{project.name}/moved", "1", force=True)


def keeping(project: ComposeProject) -> None:
    """Make the image that declares a volume without a name. It stays: making it takes seconds."""
    if project.api.images(name=KEEPING):
        return
    made = project.api.create_container(IMAGE, name=f"{project.name}-recipe")
    repository, _, tag = KEEPING.partition(":")
    project.api.commit(made["Id"], repository, tag, changes='VOLUME ["/kept"]')
    project.api.remove_container(made["Id"])


def stopped(project: ComposeProject) -> None:
    project.api.stop(project.id("web-1"), timeout=1)


def killed(project: ComposeProject) -> None:
    project.api.kill(project.id("web-1"))
    project.api.wait(project.id("web-1"))


def paused(project: ComposeProject) -> None:
    project.api.pause(project.id("web-1"))


def ended(project: ComposeProject) -> None:
    """Wait until a one-shot has ended."""
    project.api.wait(project.id("web-1"))


def disconnected(project: ComposeProject) -> None:
    project.api.disconnect_container_from_network(project.id("web-1"), project.shared)


def renamed(project: ComposeProject) -> None:
    project.api.rename(project.id("web-1"), f"{project.name}-elsewhere")


def policy_changed(project: ComposeProject) -> None:
    _update(project, RestartPolicy={"Name": "always"})


def limits_changed(project: ComposeProject) -> None:
    _update(project, Memory=64 << 20, MemorySwap=128 << 20)


def name_taken(project: ComposeProject) -> None:
    project.api.create_container(IMAGE, name=f"{project.name}-web-1", command=["none"])


def gap(project: ComposeProject) -> None:
    """The second of three is removed."""
    project.api.remove_container(project.id("web-2"), force=True)


def content(project: ComposeProject) -> None:
    (project.folder / "content").write_text("first\n")


def content_changed(project: ComposeProject) -> None:
    # In place: a bind of a file holds on to the file that it found.
    (project.folder / "content").write_text("second\n")
