"""`shipyard plan`: what apply would do, and why. Reads only."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Format, Instance, Output, Stage
from shipyard.errors import ExitCode
from shipyard.model.plan import Plan


def plan(
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    offline: Annotated[
        bool, typer.Option("--offline", help="Compare with nothing; needs no engine.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when changes are pending.")
    ] = False,
    folder: Folder = Path(),
) -> int:
    """Show what `apply` would do, and why, without changing anything.

    Example: shipyard plan --stage prod
    """
    from shipyard.cli.project import load_project, observe, offline_plan

    manifest = load_project(folder, stage, instance).manifest
    if offline:
        _, made = offline_plan(manifest)
    else:
        from shipyard.compile.builds import compile_builds
        from shipyard.reconcile.reconcile import reconcile

        with observe(manifest, compile_builds(manifest)) as seen:
            made = reconcile(seen.desired, seen.observed)
    show(made, output)
    if made.problems:
        return ExitCode.FAILED
    return ExitCode.CHANGES_PENDING if detailed_exitcode and not made.empty else ExitCode.DONE


def show(made: Plan, output: Format) -> None:
    """Print a plan to standard output."""
    if output is Format.JSON:
        from shipyard.render.document import plan_json

        sys.stdout.write(plan_json(made))
    else:
        from shipyard.render.text import plan_text

        sys.stdout.write(plan_text(made, colour=colours(), width=shutil.get_terminal_size((100, 24)).columns))
    # What follows may go to standard error, and a log that holds both wants them in order.
    sys.stdout.flush()


def colours() -> bool:
    """Only on a terminal, and not against the user's wish (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
