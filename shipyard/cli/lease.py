"""`shipyard lease`: who may change a stage now, and how to end that."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage, Yes
from shipyard.errors import ExitCode


def lease(
    stage: Stage = None,
    instance: Instance = None,
    end: Annotated[
        bool, typer.Option("--break", help="End it: its holder stops before its next write.")
    ] = False,
    yes: Yes = False,
    confirm_stage: Annotated[
        str | None,
        typer.Option("--confirm", metavar="NAME", help="A protected stage's name, or its instance's."),
    ] = None,
    output: Output = Format.TEXT,
    folder: Folder = Path(),
) -> int:
    """Show who holds the deploy lock of a stage: apply, down and every other writer take it.

    Example: shipyard lease --stage prod
    """
    from shipyard.cli.confirm import confirm, confirm_name
    from shipyard.cli.loading import load_project
    from shipyard.engine.connect import connect
    from shipyard.engine.lease import break_lease
    from shipyard.engine.lease_record import read_lease
    from shipyard.render.lease import lease_json, lease_text

    manifest = load_project(folder, stage, instance).manifest
    show = lease_json if output is Format.JSON else lease_text
    with connect(manifest.engine, os.environ) as connection:
        reader = connection.reader()
        record = read_lease(reader, manifest)
        sys.stdout.write(show(manifest, connection.address, record))
        sys.stdout.flush()
        if record is not None and end:
            question = f"Break the lease of {record.holder.who}?"
            if manifest.protect:
                confirm_name(question, manifest, given=confirm_stage)
            else:
                confirm(question, yes=yes)
            broken = break_lease(connection, record)
            print("broken" if broken else "it was given back meanwhile", file=sys.stderr)
        reader.close()
    return ExitCode.DONE
