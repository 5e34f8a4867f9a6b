"""`shipyard stats`: processor and memory of what runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Services, Stage

if TYPE_CHECKING:
    from shipyard.cli.running import Running


def stats(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    once: Annotated[bool, typer.Option("--no-stream", help="One look, and the end.")] = False,
    output: Output = Format.TEXT,
    folder: Folder = Path(),
) -> int:
    """Show what services use of the processor, memory, network and disk, as it changes.

    As JSON, one look: percent of a core, and bytes.

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
        if output is Format.JSON:
            print(_as_json(seen, at_work))
            return 0
        return hand_over(seen.connection, ["docker", "stats", *(["--no-stream"] if once else []), *at_work])


def _as_json(seen: Running, containers: Sequence[str]) -> str:
    import json

    from shipyard.compile import labels
    from shipyard.engine.usage import usages
    from shipyard.model.record import asdict

    services = {one["Id"]: one["Labels"][labels.SERVICE] for one in seen.listed}
    found = zip(containers, usages(seen.connection, containers), strict=True)
    rows = [{"service": services[container], **asdict(usage)} for container, usage in found]
    return json.dumps({"format": 1, "stage": seen.manifest.stage, "containers": rows}, indent=2)
