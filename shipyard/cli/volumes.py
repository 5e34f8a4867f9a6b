"""`shipyard volumes`: a stage's data, and whose it is."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.completion import complete_volume
from shipyard.cli.formats import Format
from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Output, Stage
from shipyard.errors import UsageError

if TYPE_CHECKING:
    from shipyard.model.desired import Desired, ServiceSpec, VolumeSpec


class Action(StrEnum):
    LIST = "list"
    MEND = "mend"


def volumes(
    action: Annotated[Action, typer.Argument(show_default=False)] = Action.LIST,
    name: Annotated[
        str | None, typer.Argument(metavar="[VOLUME]", show_default=False, autocompletion=complete_volume)
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="UID:GID", help="mend: whose it becomes; else its service's user's."),
    ] = None,
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """List a stage's volumes with size, owner and users, or give what is in one to its service's user.

    Example: shipyard volumes mend media --stage prod
    """
    if action is Action.MEND:
        if name is None:
            raise UsageError("which volume?", hint="`shipyard volumes` lists them")
        _mend(name, owner, stage, instance, lease_wait, folder)
        return
    if name is not None or owner is not None:
        raise UsageError("all volumes are listed", hint="`shipyard volumes mend VOLUME --owner UID:GID`")
    from shipyard.cli.loading import load_project
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.compile.labels import ownership
    from shipyard.engine.connect import connect
    from shipyard.engine.stored_volumes import stored_volumes
    from shipyard.render.volumes import volume_rows, volumes_json, volumes_text

    manifest = load_project(folder, stage, instance).manifest
    desired = compile_desired(manifest, compile_builds(manifest))
    own = ownership(manifest.name, manifest.stage, manifest.instance)
    with connect(manifest.engine, os.environ) as connection:
        rows = volume_rows(desired, stored_volumes(connection, own, {one.name for one in desired.volumes}))
    print(volumes_json(desired, rows) if output is Format.JSON else volumes_text(rows), end="")


def _mend(
    name: str,
    owner: str | None,
    stage: str | None,
    instance: str | None,
    lease_wait: float | None,
    folder: Path,
) -> None:
    from shipyard.cli.operating import operated
    from shipyard.targets.copies import image_with_shell

    with operated("volumes", None, folder, stage, instance, lease_wait) as work:
        desired = work.seen.desired
        volume = _named(name, desired)
        found = next((one for one in work.seen.observed.volumes if one.name == volume.name), None)
        if found is None:
            raise UsageError(f"volume {name} is not there yet", hint="`shipyard apply` makes it")
        if not found.owned:
            raise UsageError(f"volume {volume.name} is not Shipyard's", hint="who made it has to change it")
        spec, target = _mounting(volume, desired)
        user = _user(owner, spec, volume)
        work.objects.run_once(
            image_with_shell(desired, spec), ("chown", "-R", user, target), volume.name, target
        )
    print(f"{volume.name} belongs to {user} now")


def _named(name: str, desired: Desired) -> VolumeSpec:
    found = [one for one in desired.volumes if name in (one.key, one.name)]
    if not found:
        import difflib

        keys = [one.key for one in desired.volumes]
        near = difflib.get_close_matches(name, keys, 1)
        known = f"declared: {', '.join(keys)}" if keys else "this stage declares none"
        raise UsageError(f"there is no volume {name!r}", hint=f"did you mean {near[0]}?" if near else known)
    return found[0]


def _mounting(volume: VolumeSpec, desired: Desired) -> tuple[ServiceSpec, str]:
    """A service that mounts it, one whose image is built before others, and where."""
    found = [
        (spec, mount.target)
        for spec in desired.services
        for mount in spec.volumes
        if mount.kind == "volume" and mount.source == volume.name
    ]
    if not found:
        raise UsageError(f"no service mounts volume {volume.key}", hint="only its user can say whose it is")
    return min(found, key=lambda one: one[0].built is None)


def _user(owner: str | None, spec: ServiceSpec, volume: VolumeSpec) -> str:
    from shipyard.diagnosis.storage import user_of

    user = owner if owner is not None else user_of(spec)
    if not re.fullmatch(r"\d+(:\d+)?", user):
        raise UsageError(
            f"whose {volume.key} is to be is not known: {user!r} is no number"
            if user
            else f"the user of {spec.image} is not known",
            hint="say it: --owner UID:GID",
        )
    return user
