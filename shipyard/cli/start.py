"""`shipyard start`: containers that were stopped, started again."""

from __future__ import annotations

from pathlib import Path

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Services, Stage


def start(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Start services that are stopped, all by default, each when what it needs is healthy.

    Example: shipyard start worker
    """
    from shipyard.cli.operating import name_of, operated

    with operated("start", services, folder, stage, instance, lease_wait) as work:
        work.refuse_half_restored()
        for spec in work.together:
            found = work.containers(spec)
            started = [one for one in found if work.start(spec, one)]
            # One that crashes again and again is taken for started by the engine.
            if started or any(one["State"]["Status"] == "restarting" for one in found):
                work.wait(spec, len(found))
            for container in started:
                print(f"started {name_of(container)}", flush=True)
