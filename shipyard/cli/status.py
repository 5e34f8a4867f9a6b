"""`shipyard status`: what runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage


def status(
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on looking, until Ctrl-C.")] = False,
    folder: Folder = Path(),
) -> None:
    """Show each service's state, health and URL, and what is not as declared.

    Example: shipyard status --format json
    """
    from shipyard.cli.looking import status as looked

    looked(stage=stage, instance=instance, output=output, watch=watch, folder=folder)
