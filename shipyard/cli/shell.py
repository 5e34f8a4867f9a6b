"""`shipyard shell`: the most useful prompt that a container has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage
from shipyard.cli.running import Number, Service

FIRST = "if [ -f manage.py ]; then exec python manage.py shell; fi; "
SYSTEM = "if command -v bash >/dev/null; then exec bash; fi; exec sh"


def shell(
    service: Service = "web",
    stage: Stage = None,
    instance: Instance = None,
    index: Number = None,
    system: Annotated[bool, typer.Option("--system", help="The system's, not Django's or Python's.")] = False,
    folder: Folder = Path(),
) -> int:
    """Open Django's shell in a service's container, else bash or sh; Python's where there is no shell.

    Example: shipyard shell web
    """
    from shipyard.cli.running import hand_over, running, terminal_flags
    from shipyard.cli.services import known_services
    from shipyard.compile import labels

    with running(folder, stage, instance) as seen:
        known_services(seen.manifest, [service])
        container = seen.one(service, index)
        recorded = next(one["Labels"].get(labels.INPUTS, "") for one in seen.listed if one["Id"] == container)
        # Nothing but Python is in such an image.
        command = ["sh", "-c", SYSTEM if system else FIRST + SYSTEM]
        if '"distroless":true' in recorded:
            command = ["python"]
        return hand_over(seen.connection, ["docker", "exec", *terminal_flags(), container, *command])
