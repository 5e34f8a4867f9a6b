"""`shipyard restore`: what a backup holds, in the place of a service's data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Confirmed, Folder, Instance, Stage, Yes
from shipyard.cli.running import Service
from shipyard.errors import ShipyardError

if TYPE_CHECKING:
    import tarfile

    from shipyard.cli.operating import Operated
    from shipyard.model.desired import ServiceSpec
    from shipyard.saved.backup import Backup


def restore(
    service: Service,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    stage: Stage = None,
    instance: Instance = None,
    yes: Yes = False,
    confirm_stage: Confirmed = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Put a backup in the place of a service's data, which is lost. Who uses it is stopped meanwhile.

    Example: shipyard restore db db.backup
    """
    from shipyard.cli.confirm import confirm, confirm_name
    from shipyard.cli.loading import load_project
    from shipyard.cli.operating import operated
    from shipyard.cli.services import known_services
    from shipyard.saved.backup import BackupError, opened_backup

    manifest = load_project(folder, stage, instance).manifest
    known_services(manifest, [service])
    with opened_backup(file) as (backup, archive):
        if backup.service != service or backup.project != manifest.name:
            raise BackupError(
                f"it is of {backup.service} of {backup.project}, not of {service} of {manifest.name}",
                where=str(file),
            )
        question = (
            f"Put the data of {service} as it was in stage {backup.stage} in the place of what "
            f"{manifest.deployment} has? That is DESTROYED"
            + (", but for databases that the backup has not." if backup.dumped else ".")
        )
        if manifest.protect:
            confirm_name(question, manifest, given=confirm_stage)
        else:
            confirm(question, yes=yes)
        # All services: who uses the data is stopped too.
        with operated("restore", None, folder, stage, instance, lease_wait) as work:
            spec = next(one for one in work.specs if one.name == service)
            _restore(work, spec, backup, archive, file)
    print(f"restored {service} of {manifest.deployment} from {file}")


def _restore(work: Operated, spec: ServiceSpec, backup: Backup, archive: tarfile.TarFile, file: Path) -> None:
    from shipyard.saved.backup import BackupError, part_file
    from shipyard.targets.copies import dumped, image_with_shell, named_volumes, restore_dump, restore_volume

    product = dumped(spec)
    mounts = {mount.target: mount for mount in named_volumes(spec)}
    places = {"": product} if product is not None else mounts
    for part in backup.parts:
        if part.target not in places:
            raise BackupError(
                f"{spec.name} has no place for {part.target or 'a dump of databases'}",
                where=str(file),
                details=(f"it was kept of {backup.image}",),
            )
    found = work.containers(spec)
    if product is not None:
        with _stopped(work, _users(spec.name, work.specs)) as begin:
            started = [one for one in found if work.start(spec, one)]
            if started:
                work.wait(spec, len(found))
            environment = work.seen.connection.environment(os.environ)
            with begin(spec):
                for part in backup.parts:
                    restore_dump(product, found[0]["Id"], environment, part_file(archive, part))
        return
    sources = {mounts[part.target].source for part in backup.parts}
    users = [one for one in work.specs if any(mount.source in sources for mount in one.volumes)]
    tools = image_with_shell(work.seen.desired, spec)
    with _stopped(work, users) as begin, begin(spec):
        for part in backup.parts:
            source = part_file(archive, part)
            restore_volume(work.objects, found[0]["Id"], mounts[part.target], tools, source)


def _users(service: str, specs: tuple[ServiceSpec, ...]) -> list[ServiceSpec]:
    """Who needs a service, or needs who does: that may use it as well."""
    found = {service}
    # In the order of needs.
    for spec in specs:
        if found & set(spec.needs):
            found.add(spec.name)
    return [spec for spec in specs if spec.name in found and spec.name != service]


@contextmanager
def _stopped(
    work: Operated, specs: list[ServiceSpec]
) -> Iterator[Callable[[ServiceSpec], AbstractContextManager[None]]]:
    """Services stopped for a block, those that need others first, and started again in the end: not over data
    that a restore which has begun has left incomplete. What it gives is for the block in which it begins."""
    from shipyard.cli.backup import start_all, stop_all
    from shipyard.reconcile.restoring import half_restored

    stopped = []
    # What one that was interrupted has stopped is started after the one that comes to its end.
    again = bool(half_restored(work.seen.observed))
    for spec in reversed(specs):
        found = work.containers_of(spec)
        if not found:
            continue
        running = stop_all(work, spec, found)
        stopped.append((spec, found if again and not spec.one_shot else running))
    begun = False

    @contextmanager
    def begin(spec: ServiceSpec) -> Iterator[None]:
        nonlocal begun
        begun = True
        with _marked(work, spec):
            yield
        begun = False

    try:
        yield begin
    finally:
        for spec, containers in reversed(stopped) if not begun else ():
            start_all(work, spec, containers)


@contextmanager
def _marked(work: Operated, spec: ServiceSpec) -> Iterator[None]:
    """While data is put in place a mark stands on the engine: of a restore that did not come to its end every
    plan tells, and no apply goes on over what it has left."""
    from shipyard.compile import labels
    from shipyard.compile.storage import restore_volume_name
    from shipyard.errors import ExitCode

    manifest = work.seen.desired.manifest
    mark = restore_volume_name(manifest.deployment, spec.name)
    marks = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    work.objects.create_volume(mark, {**marks, labels.ROLE: labels.RESTORE_ROLE, labels.SERVICE: spec.name})
    print(f"restoring {spec.name} ...", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException as error:
        told = f"the data of {spec.name} is incomplete, and what uses it stays stopped: restore it again"
        if isinstance(error, ShipyardError):
            error.exit_code = ExitCode.NEEDS_ATTENTION
            error.details = (*error.details, told)
        else:
            print(told, file=sys.stderr, flush=True)
        raise
    work.objects.remove_volume(mark)
