"""`shipyard restart`: the same containers, stopped and started."""

from __future__ import annotations

from pathlib import Path

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Services, Stage


def restart(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Restart services, all by default, one container after the other, each until it is healthy.

    Example: shipyard restart web
    """
    from shipyard.cli.operating import name_of, operated

    with operated("restart", services, folder, stage, instance, lease_wait) as work:
        work.refuse_half_restored()
        for spec in work.together:
            found = work.containers(spec)
            for container in found:
                if spec.one_shot:
                    continue
                if container["State"]["Status"] in ("running", "restarting", "paused"):
                    work.objects.stop(container["Id"], spec.stop_timeout)
                work.begin(spec, container)
                work.wait(spec, 1 if len(found) == 1 else len(found))
                print(f"restarted {name_of(container)}", flush=True)
