"""`shipyard plan`: what apply would do, and why. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import PlanFormat
from shipyard.cli.options import Folder, Images, Instance, PlanOutput, Replaced, Services, Stage


def plan(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    output: PlanOutput = PlanFormat.TEXT,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Save the plan for `apply FILE`.")
    ] = None,
    images: Images = None,
    replaced: Replaced = None,
    observed: Annotated[
        Path | None,
        typer.Option(
            "--observed", metavar="FILE", help="Compare with what `shipyard observe --out FILE` saw."
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Compare with nothing; needs no engine.")
    ] = False,
    drift: Annotated[
        bool, typer.Option("--drift", help="Only what happened behind Shipyard's back.")
    ] = False,
    updates: Annotated[
        bool, typer.Option("--updates", help="Ask the registries for newer images than the locked ones.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when changes are pending.")
    ] = False,
    folder: Folder = Path(),
) -> int:
    """Show what `apply` would do, and why, without changing anything.

    SERVICE limits the plan to these services and what they need.

    Example: shipyard plan --stage prod --out release.plan
    """
    from shipyard.cli.planning import plan as made

    return made(
        services=services,
        stage=stage,
        instance=instance,
        output=output,
        out=out,
        images=images,
        replaced=replaced,
        observed=observed,
        offline=offline,
        drift=drift,
        updates=updates,
        detailed_exitcode=detailed_exitcode,
        folder=folder,
    )
