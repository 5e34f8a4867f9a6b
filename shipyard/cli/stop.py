"""`shipyard stop`: containers stopped and kept."""

from __future__ import annotations

from pathlib import Path

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Services, Stage


def stop(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Stop services, all by default, those that need others first; they and their data stay.

    `shipyard start`, and the next apply, start them again.

    Example: shipyard stop worker
    """
    from shipyard.cli.operating import name_of, operated
    from shipyard.engine.stopping import stop_together

    with operated("stop", services, folder, stage, instance, lease_wait) as work:
        for spec in reversed(work.together):
            running = [
                one
                for one in work.containers(spec)
                if one["State"]["Status"] in ("running", "restarting", "paused")
            ]
            stop_together(work.objects, [one["Id"] for one in running], spec.stop_timeout)
            for one in running:
                print(f"stopped {name_of(one)}", flush=True)
