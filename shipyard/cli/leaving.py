"""What a run of `shipyard dev` leaves behind: stopped containers, each of its image and nothing else.

One into which edits were brought is made anew and not started: what starts it later starts what a plan says.
"""

from __future__ import annotations

import sys

from shipyard.cli.converge import Request
from shipyard.cli.leasing import leased
from shipyard.cli.project import Scope, look
from shipyard.cli.walking import compose_target
from shipyard.compile.desired import Builds
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.targets.compose.health import service_containers
from shipyard.targets.live import is_edited

GRACE = 10.0
"""Seconds: nobody waits at a terminal for a worker to finish its jobs, or for another's deploy."""


def leave(request: Request, connection: Connection, manifest: Manifest, builds: Builds, scope: Scope) -> None:
    """Stop what runs, those that need others first. `builds` were applied last. Raises ShipyardError."""
    with leased(connection, manifest, "dev", request.lease_wait or GRACE) as lease:
        seen = look(connection, manifest, builds, scope=scope)
        objects = LiveObjects(connection, lease.check)
        edited = []
        for spec in reversed(seen.desired.services):
            found = service_containers(objects, manifest, spec.name)
            for container in found:
                if container["State"]["Status"] in ("running", "restarting", "paused"):
                    objects.stop(container["Id"], min(spec.stop_timeout, GRACE))
                    print(f"stopped {str(container['Name']).lstrip('/')}", file=sys.stderr, flush=True)
            own = [one["Id"] for one in found if one["Config"]["Image"] == spec.image]
            if spec.built is not None and any(is_edited(objects, one) for one in own):
                edited.append((spec.name, len(found)))
        objects.close()
        if not edited:
            return
        values = seen.values.values
        with compose_target(seen.desired, connection, values, None, request.report, lease.check) as target:
            for name, count in edited:
                target.compose.up(name, count, "--force-recreate", "--no-start")


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
