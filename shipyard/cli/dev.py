"""`shipyard dev`: run it, edit it, see it."""

from __future__ import annotations

from pathlib import Path

from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Services, Stage


def dev(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> int:
    """Build and start a stage of development, follow its logs, and bring every edit into its containers.

    Built services run their framework's reloader. An edit of dependencies or of shipyard.toml is applied
    anew. Ctrl-C stops the containers and keeps the data.

    Example: shipyard dev
    """
    from shipyard.cli.converge import Request
    from shipyard.cli.developing import develop
    from shipyard.cli.progress import TextReport

    request = Request(
        folder=folder, stage=stage, instance=instance, yes=True, report=TextReport(), lease_wait=lease_wait
    )
    return develop(request, tuple(services or ()))
