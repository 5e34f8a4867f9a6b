"""What `shipyard plan` does; its words are in plan.py, and the usual ones in usual.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipyard.cli.formats import Format, PlanFormat
from shipyard.cli.loading import load_project
from shipyard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.compile.desired import Builds
    from shipyard.model.plan import Plan
    from shipyard.model.stored import LayeredImage


def plan(
    *,
    services: Sequence[str] | None = None,
    stage: str | None = None,
    instance: str | None = None,
    output: PlanFormat = PlanFormat.TEXT,
    out: Path | None = None,
    images: Path | None = None,
    replaced: Sequence[str] | None = None,
    observed: Path | None = None,
    offline: bool = False,
    drift: bool = False,
    updates: bool = False,
    detailed_exitcode: bool = False,
    folder: Path = Path(),
) -> int:
    """Plan, show and save; the exit code."""
    if out is not None and (offline or observed or drift):
        raise UsageError(
            "only a plan over an engine can be saved", hint="leave out --offline, --observed and --drift"
        )
    if updates and (offline or observed):
        raise UsageError(
            "--updates asks registries through the engine", hint="leave out --offline, --observed"
        )
    manifest = load_project(folder, stage, instance).manifest
    # Loaded while the engine answers what was asked ahead.
    from shipyard.cli.project import observe, offline_plan, planned_elsewhere, scope_of
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.secret_values import new_key
    from shipyard.model.record import replace

    scope = scope_of(manifest, services, replaced)
    layers: tuple[LayeredImage, ...] | None = None
    if offline:
        desired, made = offline_plan(manifest)
    else:
        builds: Builds = compile_builds(manifest)
        if images is not None:
            from shipyard.saved.images import pinned

            builds = pinned(builds, images)
        if observed is not None:
            desired, made = planned_elsewhere(manifest, builds, observed, scope)
        else:
            # A key that is gone changes every digest: so says a plan, whatever the new one is.
            with observe(manifest, builds, fallback_key=new_key(), scope=scope) as seen:
                desired, made = seen.desired, seen.plan()
                if output is PlanFormat.HTML:
                    from shipyard.engine.layers import layered_images

                    layers = layered_images(seen.connection, desired, seen.observed)
                if updates:
                    made = replace(made, notes=(*made.notes, *_updates(seen)))
            if out is not None and not made.problems:
                from shipyard.cli.saving import save_plan

                save_plan(out, made, seen, builds)
                print(f"wrote {out}: `shipyard apply {out}` does what it says", file=sys.stderr)
    if drift:
        from shipyard.reconcile.drift import only_drift

        made = only_drift(made)
    if output is PlanFormat.HTML:
        from shipyard.render.graph import graph_of
        from shipyard.render.html.plan import plan_html

        sys.stdout.write(plan_html(made, graph_of(desired), layers))
        sys.stdout.flush()
    else:
        show(made, output)
    if made.problems:
        from shipyard.cli.annotate import annotate_problems

        annotate_problems(made.problems, manifest.root)
        return ExitCode.FAILED
    return ExitCode.CHANGES_PENDING if detailed_exitcode and not made.empty else ExitCode.DONE


def _updates(seen: Observation) -> tuple[str, ...]:
    """Notes on locked images whose tags mean others now."""
    from shipyard.cli.lock import registry_digests
    from shipyard.compile.lockable import lockable
    from shipyard.engine.registry_objects import RegistryObjects

    manifest = seen.desired.manifest
    names = sorted(lockable(manifest, seen.desired.images) & manifest.locked.keys())
    now = registry_digests(RegistryObjects(seen.connection), names)
    return tuple(
        f"{name} means another image now ({now[name][:19]}): `shipyard lock --upgrade` takes it"
        for name in names
        if now[name] != manifest.locked[name]
    )


def show(made: Plan, output: Format | PlanFormat) -> None:
    """Print a plan to standard output."""
    if output == PlanFormat.JSON:
        from shipyard.render.document import plan_json

        sys.stdout.write(plan_json(made))
    elif output == PlanFormat.MARKDOWN:
        from shipyard.render.markdown import plan_markdown

        sys.stdout.write(plan_markdown(made))
    elif sys.stdout.isatty():
        import shutil

        from rich.console import Console

        from shipyard.render.text import print_plan

        system: Literal["auto"] | None = "auto" if colours() else None
        width = shutil.get_terminal_size((100, 24)).columns
        print_plan(made, Console(width=width, color_system=system, highlight=False))
    else:
        from shipyard.render.text import plan_text

        columns = os.environ.get("COLUMNS", "")
        sys.stdout.write(plan_text(made, width=int(columns) if columns.isdecimal() and int(columns) else 100))
    # What follows may go to standard error, and a log that holds both wants them in order.
    sys.stdout.flush()


def colours() -> bool:
    """Only on a terminal, and not against the user's wish (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
