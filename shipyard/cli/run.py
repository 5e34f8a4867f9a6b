"""`shipyard run`: a command in a container of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage, User, Variables
from shipyard.cli.running import PASSED_ON, Service

if TYPE_CHECKING:
    from shipyard.cli.project import Observation

CONTEXT = PASSED_ON


def run(
    service: Service,
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...", show_default=False)] = None,
    stage: Stage = None,
    instance: Instance = None,
    user: User = None,
    env: Variables = None,
    folder: Folder = Path(),
) -> int:
    """Run a command in a new container like a service's, removed when it ends; its exit code is the
    command's.

    Image, variables, secrets, volumes and networks are the service's; no port is published.

    Example: shipyard run web python manage.py loaddata first.json
    """
    from shipyard.cli.composing import composed
    from shipyard.cli.running import beside, command_of
    from shipyard.cli.services import known_services
    from shipyard.engine.secret_values import require_values

    with composed(folder, stage, instance, service) as (seen, line, environment):
        known_services(seen.desired.manifest, [service])
        _ready(seen, service)
        require_values(seen.desired, [service], seen.values)
        words = ["run", "--rm", "--no-deps", "--pull", "never"]
        words += [] if sys.stdin.isatty() and sys.stdout.isatty() else ["-T"]
        words += ["--user", user] if user else []
        words += [word for pair in env or () for word in ("--env", pair)]
        # Compose removes it in the end, but not when it is told to end itself.
        name = f"{seen.desired.deployment}-{service}-run-{os.urandom(4).hex()}"
        try:
            return beside([*line, *words, "--name", name, service, *command_of(command or [])], environment)
        finally:
            gone = ["docker", "rm", "-f", "-v", name]
            subprocess.run(gone, env=dict(environment), capture_output=True, check=False)


def _ready(seen: Observation, service: str) -> None:
    """Raises NotRunning where Compose would have to make what an apply makes."""
    from shipyard.cli.running import NotRunning
    from shipyard.compile.references import image_id

    spec = seen.desired.service(service)
    networks = {network.name for network in seen.observed.networks}
    volumes = {volume.name for volume in seen.observed.volumes}
    deployed = any(one.service == service and not one.one_off for one in seen.observed.containers)
    there = deployed or image_id(seen.observed.images, spec.image) is not None
    missing = [] if there else [f"image {spec.image}"]
    missing += [f"network {name}" for name in spec.networks if name not in networks]
    mounted = (one.source for one in spec.volumes if one.kind == "volume")
    missing += [f"volume {name}" for name in mounted if name is not None and name not in volumes]
    if spec.secret_volume is not None and spec.secret_volume not in volumes:
        missing.append("its secret files")
    if missing:
        raise NotRunning(
            f"not all that {service} runs with is there as it is declared: {', '.join(missing)}",
            where=f"services.{service}",
            hint="`shipyard apply` makes it",
        )
