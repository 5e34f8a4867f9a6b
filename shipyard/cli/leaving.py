"""What a run of `shipyard dev` leaves behind: stopped containers, each of its image and nothing else.

One into which edits were brought is made anew and not started: what starts it later starts what a plan says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from shipyard.cli.converge import Request
from shipyard.cli.leasing import leased
from shipyard.cli.project import Observation, Scope, look
from shipyard.cli.walking import compose_target
from shipyard.compile.desired import Builds
from shipyard.compile.references import image_id
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.observed import AT_WORK
from shipyard.targets.compose.health import service_containers
from shipyard.targets.live import is_edited

GRACE = 10.0
"""Seconds: nobody waits at a terminal for a worker to finish its jobs, or for another's deploy."""


def leave(request: Request, connection: Connection, manifest: Manifest, builds: Builds, scope: Scope) -> None:
    """Stop what runs, those that need others first. `builds` were applied last. Raises ShipyardError."""
    with leased(connection, manifest, "dev", request.lease_wait or GRACE) as lease:
        seen = look(connection, manifest, builds, scope=scope, ask=False)
        objects = LiveObjects(connection, lease.check)
        edited: dict[str, list[str]] = {}
        for spec in reversed(seen.desired.services):
            found = service_containers(objects, manifest, spec.name)
            for container in found:
                if container["State"]["Status"] in AT_WORK:
                    _stop(objects, container["Id"], container["Name"], min(spec.stop_timeout, GRACE))
            if spec.built is not None and any(is_edited(objects, one["Id"]) for one in found):
                edited[spec.name] = [one["Id"] for one in found]
        if not scope.targets:
            declared = {spec.name for spec in seen.desired.services}
            for one in seen.observed.containers:
                # Of services that the manifest has no more.
                if one.service not in declared and one.at_work and not one.one_off:
                    _stop(objects, one.id, one.name, GRACE)
        try:
            _make_anew(request, connection, seen, builds, edited, lease.check)
        except ShipyardError:
            # Better none than one that is not what a plan takes it for.
            for containers in edited.values():
                for broken in containers:
                    objects.remove(broken)
        objects.close()


def _stop(objects: LiveObjects, container: str, name: str, seconds: float) -> None:
    objects.stop(container, seconds)
    print(f"stopped {name.lstrip('/')}", file=sys.stderr, flush=True)


def _make_anew(
    request: Request,
    connection: Connection,
    seen: Observation,
    builds: Builds,
    edited: Mapping[str, Sequence[str]],
    before_write: Callable[[], None],
) -> None:
    """Containers of their images, with their volumes, not started. Raises ShipyardError."""
    if not edited:
        return
    manifest = seen.desired.manifest
    missing = [
        name for name in edited if image_id(seen.observed.images, seen.desired.service(name).image) is None
    ]
    if missing:
        raise ShipyardError(f"the images of {', '.join(missing)} were not built")
    desired = look(connection, manifest, builds, scope=seen.scope)
    values = desired.values.values
    with compose_target(desired.desired, connection, values, None, request.report, before_write) as target:
        for name, containers in edited.items():
            target.compose.up({name: len(containers)}, "--force-recreate", "--no-start")


def left_edited(connection: Connection, desired: Desired) -> tuple[str, ...]:
    """Services with containers that hold the edits of a run that was killed."""
    objects = LiveObjects(connection)
    try:
        return tuple(
            spec.name
            for spec in desired.services
            if spec.built is not None
            and any(
                is_edited(objects, one["Id"])
                for one in service_containers(objects, desired.manifest, spec.name)
            )
        )
    finally:
        objects.close()
