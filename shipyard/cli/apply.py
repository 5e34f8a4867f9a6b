"""`shipyard apply`: make it so."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Images, Instance, Output, Replaced, Stage, Yes
from shipyard.errors import ExitCode, UsageError


def apply(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[PLAN FILE | SERVICE...]", show_default=False)
    ] = None,
    stage: Stage = None,
    instance: Instance = None,
    yes: Yes = False,
    approved: Annotated[
        Path | None,
        typer.Option(
            "--approved", metavar="FILE", help="Plan anew, and go on only if it is the plan in FILE."
        ),
    ] = None,
    images: Images = None,
    replaced: Replaced = None,
    output: Output = Format.TEXT,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> int:
    """Build, run and converge everything that is declared; asks first.

    With a file saved by `plan --out`: exactly that plan, or nothing when it is stale. With services:
    these and what they need.

    Example: shipyard apply --stage prod --yes
    """
    from shipyard.cli.converge import Request, apply_declared, apply_saved
    from shipyard.cli.progress import reported

    began = time.monotonic()
    file = _plan_file(what or [])
    if file is not None and (approved or images or replaced):
        raise UsageError("a saved plan takes none of --approved, --images and --replace")
    with reported(json=output is Format.JSON) as report:
        request = Request(
            folder=folder, stage=stage, instance=instance, yes=yes, report=report, lease_wait=lease_wait
        )
        if file is not None:
            apply_saved(request, file)
        else:
            apply_declared(
                request, tuple(what or ()), tuple(replaced or ()), approved=approved, images=images
            )
    if output is Format.TEXT:
        sys.stdout.write(f"\napplied in {time.monotonic() - began:.1f} s\n")
    return ExitCode.DONE


def _plan_file(what: list[str]) -> Path | None:
    """A saved plan is one word that can be no service: it holds a point or a slash."""
    if len(what) == 1 and ("." in what[0] or "/" in what[0]):
        return Path(what[0])
    return None
