"""`shipyard promote`: the images of one stage in another."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.completion import complete_stage
from shipyard.cli.formats import Format
from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Output, Yes
from shipyard.errors import ExitCode, ShipyardError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shipyard.cli.project import Observation
    from shipyard.compile.desired import Builds
    from shipyard.engine.connect import Connection
    from shipyard.model.manifest import Manifest
    from shipyard.model.plan import Plan


def promote(
    source: Annotated[str, typer.Argument(metavar="FROM", show_default=False, autocompletion=complete_stage)],
    target: Annotated[str, typer.Argument(metavar="TO", show_default=False, autocompletion=complete_stage)],
    yes: Yes = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Save the plan for `apply FILE`; apply nothing."),
    ] = None,
    output: Output = Format.TEXT,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> int:
    """Run in stage TO the very images that stage FROM runs, with TO's own settings; builds nothing.

    By digest where they are in a registry; else both stages are on one engine.

    Example: shipyard promote staging prod
    """
    from shipyard.cli.converge import Request, apply_builds
    from shipyard.cli.loading import load_project
    from shipyard.cli.progress import reported
    from shipyard.cli.project import ALL

    began = time.monotonic()
    manifest = load_project(folder, target, None).manifest
    builds, engine = _taken_over(load_project(folder, source, None).manifest, manifest)

    def check(plan: Plan, seen: Observation) -> None:
        from shipyard.model.plan import BuildImage

        made = [one.name for one in plan.operations if isinstance(one, BuildImage)]
        if made and seen.observed.engine.id != engine:
            raise ShipyardError(
                f"the engine of {target} has no image of {', '.join(made)}, and no registry has it",
                where=seen.observed.engine.address,
                hint=f'add registry = "...", `shipyard build --push`, and apply {source} by its --images',
            )
        if made:
            raise ShipyardError(
                f"the image of {', '.join(made)} that {source} runs is gone from the engine",
                hint=f"shipyard apply --stage {source}",
            )

    if out is not None:
        return _saved(out, manifest, builds, check, output)
    with reported(json=output is Format.JSON) as report:
        request = Request(
            folder=folder,
            stage=target,
            instance=None,
            yes=yes,
            report=report,
            lease_wait=lease_wait,
            command="promote",
        )
        apply_builds(request, manifest, builds, ALL, check=check)
    if output is Format.TEXT:
        sys.stdout.write(f"\npromoted in {time.monotonic() - began:.1f} s\n")
    return ExitCode.DONE


def _taken_over(source: Manifest, target: Manifest) -> tuple[Builds, str]:
    """The target's build plans with the digests of what the source runs, and the id of the source's engine.
    Raises PromotionRefused."""
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.connect import connect
    from shipyard.engine.snapshot import snapshot
    from shipyard.reconcile.promotion import running_digests
    from shipyard.saved.images import with_digests

    builds = compile_builds(target)
    with connect(source.engine, os.environ) as connection:
        seen = snapshot(connection, source)
        digests = running_digests(builds, compile_builds(source), seen, (source.stage, target.stage))
        if target.registry is not None:
            digests = {
                name: one or _pushed(connection, builds[name][1].tagged) for name, one in digests.items()
            }
    return with_digests(builds, digests), seen.engine.id


def _pushed(connection: Connection, reference: str) -> str:
    """The digest of an image that was built where it runs, and pushed as well."""
    from shipyard.engine.registry_objects import RegistryObjects

    objects = RegistryObjects(connection)
    try:
        digest = objects.registry_digest(reference)
    finally:
        objects.close()
    if digest is None:
        raise ShipyardError(
            f"the registry has no image {reference}",
            hint="push what runs: shipyard build --push, and apply it",
        )
    return digest


def _saved(
    out: Path,
    manifest: Manifest,
    builds: Builds,
    check: Callable[[Plan, Observation], None],
    output: Format,
) -> int:
    """Save the plan and show it; the exit code."""
    from shipyard.cli.planning import show
    from shipyard.cli.project import observe
    from shipyard.cli.saving import save_plan
    from shipyard.engine.secret_values import new_key

    with observe(manifest, builds, fallback_key=new_key()) as seen:
        plan = seen.plan()
        check(plan, seen)
        if not plan.problems:
            save_plan(out, plan, seen, builds)
    show(plan, output)
    return ExitCode.FAILED if plan.problems else ExitCode.DONE
