"""`shipyard status`: what runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import StatusFormat
from shipyard.cli.options import Folder, Instance, Stage, StatusOutput


def status(
    stage: Stage = None,
    instance: Instance = None,
    output: StatusOutput = StatusFormat.TEXT,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on looking, until Ctrl-C.")] = False,
    folder: Folder = Path(),
) -> None:
    """Show each service's state, health and URL, and what is not as declared.

    Example: shipyard status --format html > status.html
    """
    from shipyard.cli.looking import status as looked

    looked(stage=stage, instance=instance, output=output, watch=watch, folder=folder)
