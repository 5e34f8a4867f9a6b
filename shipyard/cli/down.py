"""`shipyard down`: stop and remove; volumes only when asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.leasing import LeaseWait, leased
from shipyard.cli.options import Confirmed, Folder, Instance, Stage, Yes
from shipyard.errors import ExitCode
from shipyard.model.record import replace


def down(
    stage: Stage = None,
    instance: Instance = None,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Remove the stage's volumes and all data in them too.")
    ] = False,
    yes: Yes = False,
    confirm_stage: Confirmed = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> int:
    """Stop and remove a stage's containers and networks. Volumes and images stay.

    Example: shipyard down --stage dev
    """
    from shipyard.apply import ApplyFailed
    from shipyard.cli.confirm import confirm, confirm_name
    from shipyard.cli.loading import load_project
    from shipyard.cli.planning import show
    from shipyard.cli.progress import TextReport
    from shipyard.cli.walking import walk_plan
    from shipyard.compile import labels
    from shipyard.engine.connect import connect
    from shipyard.engine.snapshot import snapshot
    from shipyard.model.desired import Desired
    from shipyard.model.plan import RemoveVolume
    from shipyard.reconcile.teardown import teardown

    manifest = load_project(folder, stage, instance).manifest
    with connect(manifest.engine, os.environ) as connection:
        observed = snapshot(connection, manifest)
        plan = teardown(manifest, observed, volumes=volumes)
        if plan.empty:
            print(f"Nothing of {manifest.deployment} is there to take down.")
            return ExitCode.DONE
        show(plan, Format.TEXT)
        doomed = [one.volume for one in plan.operations if isinstance(one, RemoveVolume)]
        question = "Take this down?"
        if doomed:
            question = f"Take this down and DESTROY the data in {', '.join(doomed)}?"
        if manifest.protect:
            confirm_name(question, manifest, given=confirm_stage)
        else:
            confirm(question, yes=yes)
        with leased(connection, manifest, "down", lease_wait) as lease:
            observed = snapshot(connection, manifest)
            plan = teardown(manifest, observed, volumes=volumes)
            # Only the data that was named in the question goes.
            agreed = (
                one for one in plan.operations if not isinstance(one, RemoveVolume) or one.volume in doomed
            )
            plan = replace(plan, operations=tuple(agreed))
            desired = Desired(manifest=manifest, services=())
            try:
                walk_plan(plan, desired, connection, {}, None, TextReport(), before_write=lease.check)
            except ApplyFailed as error:
                error.again = "`shipyard down` takes down what is left"
                raise
        kept = [one.name for one in observed.volumes if one.owned and not one.labels.get(labels.ROLE)]
        if kept and not volumes:
            print(f"\nThe data stays, in {', '.join(kept)}: `shipyard down --volumes` removes it.")
    return ExitCode.DONE
