"""`shipyard backup`: a service's data in a file."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Stage
from shipyard.cli.running import Service
from shipyard.errors import ShipyardError, UsageError

if TYPE_CHECKING:
    from shipyard.cli.operating import Operated
    from shipyard.model.desired import ServiceSpec
    from shipyard.saved.backup import Part


_HALF = ".backup-"
"""How the folder of one that is being made begins."""


class NothingToKeep(ShipyardError):
    """A service has no data that outlives its containers."""


def backup(
    service: Service,
    stage: Stage = None,
    instance: Instance = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to; else a name with the time.")
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Copy volumes while it runs: what it writes meanwhile may be torn."),
    ] = False,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Keep a service's data in one file.

    PostgreSQL's, MySQL's and MariaDB's by their own tools while they run (of PostgreSQL's roles all but the
    passwords, of the others no users); for other volumes the service, and whoever else has them, is stopped
    and started again.

    Example: shipyard backup db --stage prod --out db.backup
    """
    from shipyard.cli.loading import load_project
    from shipyard.cli.operating import operated
    from shipyard.cli.services import known_services
    from shipyard.render.sizes import bytes_text
    from shipyard.saved.backup import Backup, write_backup

    known_services(load_project(folder, stage, instance).manifest, [service])
    # All services: who uses the same volume is stopped too.
    with operated("backup", None, folder, stage, instance, lease_wait) as work:
        spec = next(one for one in work.specs if one.name == service)
        manifest = work.seen.desired.manifest
        path = out or Path(f"{manifest.deployment}-{service}-{time.strftime('%Y%m%dT%H%M%S')}.backup")
        if not os.access(path.absolute().parent, os.W_OK):
            raise UsageError("there is no folder there that can be written", hint=f"--out {path} names it")
        _refuse_in_images(path, manifest.root)
        for left in sorted(path.absolute().parent.glob(f"{_HALF}*")):
            print(f"note: {left} is left of a backup that was killed: remove it", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix=_HALF, dir=path.absolute().parent) as name:
            parts = _parts(work, spec, Path(name), live=live)
            kept = Backup(
                project=manifest.name, stage=manifest.stage, service=service, image=spec.image, parts=parts
            )
            write_backup(path, kept, Path(name))
    what = ", ".join(part.target or "all databases" for part in parts)
    print(f"wrote {what} of {service} to {path} ({bytes_text(path.stat().st_size)})")


def _refuse_in_images(path: Path, root: Path) -> None:
    """A file of another name in the project would be part of the next image."""
    if path.suffix != ".backup" and path.absolute().resolve().is_relative_to(root.resolve()):
        raise UsageError(
            f"{path.name} would be a file of the project, and reach its images",
            hint=f"call it {path.stem}.backup, which reaches none, or write it elsewhere",
        )


def _parts(work: Operated, spec: ServiceSpec, folder: Path, *, live: bool) -> tuple[Part, ...]:
    from shipyard.cli.running import NotRunning
    from shipyard.saved.backup import Part, digest_of
    from shipyard.targets.copies import copy_volume, dump, dumped, named_volumes

    found = work.containers(spec)
    files: list[tuple[str, str, str]] = []
    if (product := dumped(spec)) is not None:
        if found[0]["State"]["Status"] != "running":
            raise NotRunning(
                f"{spec.name} is {found[0]['State']['Status']}, and writes its data out while it runs",
                where=f"services.{spec.name}",
                hint=f"shipyard start {spec.name}",
            )
        environment = work.seen.connection.environment(os.environ)
        for left in dump(product, found[0]["Id"], environment, folder / "dump.sql.gz"):
            print(f"note: {left}", file=sys.stderr)
        files.append(("dump", "dump.sql.gz", ""))
    else:
        mounts = named_volumes(spec)
        if not mounts:
            raise NothingToKeep(f"{spec.name} has no volume", where=f"services.{spec.name}.volumes")
        sources = {mount.source for mount in mounts}
        # Needs first, as in work.specs: stopped last.
        users = [one for one in work.specs if sources & {mount.source for mount in one.volumes}]
        stopped = []
        try:
            for user in reversed(users if not live else []):
                stopped.append((user, stop_all(work, user, work.containers_of(user))))
            for number, mount in enumerate(mounts):
                file = f"volume-{number}.tar.gz"
                copy_volume(work.objects, found[0]["Id"], mount, folder / file)
                files.append(("volume", file, mount.target))
        finally:
            for user, containers in reversed(stopped):
                start_all(work, user, containers)
    parts = []
    for kind, file, target in files:
        with (folder / file).open("rb") as opened:
            parts.append(Part(kind=kind, file=file, target=target, sha256=digest_of(opened)))
    return tuple(parts)


def stop_all(work: Operated, spec: ServiceSpec, found: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Stop what runs of a service; what that was."""
    from shipyard.engine.stopping import stop_together

    up = [one for one in found if one["State"]["Status"] in ("running", "restarting", "paused")]
    if up:
        print(f"stopping {spec.name} ...", file=sys.stderr, flush=True)
    stop_together(work.objects, [one["Id"] for one in up], spec.stop_timeout)
    return up


def start_all(work: Operated, spec: ServiceSpec, stopped: list[Mapping[str, Any]]) -> None:
    """Start it again, and wait for its health."""
    if stopped:
        print(f"starting {spec.name} ...", file=sys.stderr, flush=True)
    for container in stopped:
        work.objects.start(container["Id"])
    if stopped:
        work.wait(spec, len(stopped))
