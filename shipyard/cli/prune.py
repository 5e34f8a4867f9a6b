"""`shipyard prune`: what a project left on an engine, removed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipyard.cli.formats import Format
from shipyard.cli.leasing import LeaseWait, leased
from shipyard.cli.options import Folder, Instance, Output, Stage

if TYPE_CHECKING:
    from shipyard.engine.connect import Connection
    from shipyard.model.manifest import Manifest
    from shipyard.model.stored import StoredImage


def prune(
    stage: Stage = None,
    instance: Instance = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove it; else it is only listed.")] = False,
    lease_wait: LeaseWait = None,
    output: Output = Format.TEXT,
    folder: Folder = Path(),
) -> None:
    """List this project's images that nothing uses, and containers that ran once and ended; remove them with
    --yes.

    What a container is made of stays, whosever it is, and what any stage's next apply would run. Volumes and
    other projects are never touched.

    Example: shipyard prune --yes
    """
    from shipyard.cli.loading import load_project
    from shipyard.engine.connect import connect
    from shipyard.engine.objects import EngineError, Objects

    manifest = load_project(folder, stage, instance).manifest
    with connect(manifest.engine, os.environ) as connection:
        images, ended = _surplus(manifest, connection)
        tell = _as_json if output is Format.JSON else _as_text
        if not yes or not (images or ended):
            tell(images, ended, removed=False)
            return
        with leased(connection, manifest, "prune", lease_wait) as lease:
            objects = Objects(connection, lease.check)
            try:
                for container in ended:
                    objects.remove(str(container["Id"]))
                for image in images:
                    for reference in image.references or (image.id,):
                        objects.remove_image(reference)
            except EngineError as error:
                error.hint = error.hint or "what it could not remove is in use; the rest is gone"
                raise
            finally:
                objects.close()
        tell(images, ended, removed=True)


def _as_text(images: Sequence[StoredImage], ended: Sequence[Any], *, removed: bool) -> None:
    from shipyard.render.sizes import bytes_text

    for container in ended:
        print(f"container  {_name(container)}")
    for image in images:
        names = ", ".join(image.references) or f"{image.id[7:19]} (dangling, of {image.repository})"
        print(f"image      {names}  {bytes_text(image.own)}")
    freed = bytes_text(sum(image.own for image in images))
    if not images and not ended:
        print("nothing to remove")
    elif removed:
        print(f"\nremoved, {freed}")
    else:
        print(f"\n{freed} in layers that no other image has: `shipyard prune --yes` removes all this")


def _as_json(images: Sequence[StoredImage], ended: Sequence[Any], *, removed: bool) -> None:
    import json

    rows = [{"id": one.id, "references": one.references, "bytes": one.own} for one in images]
    containers = [{"id": one["Id"], "name": _name(one)} for one in ended]
    freed = sum(one.own for one in images)
    shown = {"format": 1, "removed": removed, "bytes": freed, "images": rows, "containers": containers}
    print(json.dumps(shown, indent=2))


def _name(container: Any) -> str:
    return str(container["Names"][0]).lstrip("/")


def _surplus(manifest: Manifest, connection: Connection) -> tuple[tuple[StoredImage, ...], list[Any]]:
    """(images that nothing uses, containers that ran once and ended). Raises ShipyardError."""
    import json

    from shipyard.compile import labels
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.stored import stored_images
    from shipyard.manifest import load, stage_names
    from shipyard.model.record import replace
    from shipyard.reconcile.surplus import surplus_images

    repositories: set[str] = set()
    wanted: set[str] = set()
    for name in stage_names(manifest.root):
        one = load(manifest.root, stage=name, instance=None, environ=os.environ).manifest
        for _, plan in compile_builds(one).values():
            repositories.add(plan.repository)
            wanted.add(plan.tagged)
    ownership = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    filters = json.dumps({"label": [f"{key}={value}" for key, value in ownership.items()]})
    reader = connection.reader()
    try:
        listed = reader.get("/containers/json", all="1", filters=filters)
    finally:
        reader.close()
    ended = [
        one
        for one in listed
        if one["Labels"].get(labels.COMPOSE_ONEOFF) == "True"
        and labels.JOB not in one["Labels"]
        and labels.ROLE not in one["Labels"]
        and one["Labels"].get(labels.INSTANCE) == manifest.instance
        and one["State"] in ("exited", "dead")
    ]
    leaving = {_name(one) for one in ended}
    images = tuple(
        replace(one, users=tuple(user for user in one.users if user not in leaving))
        for one in stored_images(connection)
    )
    return surplus_images(images, repositories, wanted), ended
