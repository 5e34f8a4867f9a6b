"""`shipyard stats`: processor and memory of what runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Services, Stage


def stats(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    once: Annotated[bool, typer.Option("--no-stream", help="One look, and the end.")] = False,
    folder: Folder = Path(),
) -> int:
    """Show what services use of the processor, memory, network and disk, as it changes.

    Example: shipyard stats web worker
    """
    from shipyard.cli.running import NotRunning, hand_over, running
    from shipyard.cli.services import known_services
    from shipyard.model.observed import AT_WORK

    with running(folder, stage, instance) as seen:
        named = known_services(seen.manifest, services)
        found = [one for name in services for one in seen.of(name)] if services else list(seen.listed)
        if not found:
            seen.of(named[0])
        at_work = [one["Id"] for one in found if one["State"] in AT_WORK]
        if not at_work:
            raise NotRunning("none of these services runs", hint="`shipyard status` tells more")
        return hand_over(seen.connection, ["docker", "stats", *(["--no-stream"] if once else []), *at_work])
