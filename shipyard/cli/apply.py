"""`shipyard apply`: make it so."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from shipyard.cli.options import Folder, Format, Instance, Stage, Yes
from shipyard.errors import ExitCode, ShipyardError


class PlanHasProblems(ShipyardError):
    """Apply would fail for sure; nothing was touched."""


def apply(stage: Stage = None, instance: Instance = None, yes: Yes = False, folder: Folder = Path()) -> int:
    """Build, run and converge everything that is declared; asks first.

    Example: shipyard apply --stage prod --yes
    """
    from shipyard.apply import walk
    from shipyard.cli.confirm import confirm
    from shipyard.cli.plan import show
    from shipyard.cli.progress import TextReport
    from shipyard.cli.project import Observation, load_project, observe
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.secret_values import new_key, require_values
    from shipyard.model.plan import Plan
    from shipyard.reconcile.reconcile import reconcile

    began = time.monotonic()
    manifest = load_project(folder, stage, instance).manifest
    with observe(manifest, compile_builds(manifest), fallback_key=new_key()) as seen:
        plan = reconcile(seen.desired, seen.observed)
        show(plan, Format.TEXT)
        if plan.problems:
            raise PlanHasProblems(
                f"{len(plan.problems)} problem(s) would make this fail; nothing was touched",
                hint="mend what the plan lists under problem",
            )
        require_values(seen.desired, _started(plan), seen.values)
        if plan.empty and not plan.attention:
            return ExitCode.DONE

        def run(seen: Observation, plan: Plan) -> None:
            from shipyard.engine.objects import Objects
            from shipyard.targets.compose.command import check_compose, compose
            from shipyard.targets.compose.model import compose_model, variable
            from shipyard.targets.compose.target import ComposeTarget

            report = TextReport()
            check_compose(seen.connection.environment(os.environ))
            values = {variable("applied", name): value for name, value in seen.values.values.items()}
            model = compose_model(seen.desired)
            with compose(seen.connection, seen.desired.deployment, model, values, os.environ) as bound:
                target = ComposeTarget(
                    connection=seen.connection,
                    desired=seen.desired,
                    compose=bound,
                    objects=Objects(seen.connection),
                    values=seen.values.values,
                    key=seen.key,
                    on_line=report.output,
                    progress="auto" if sys.stderr.isatty() else "plain",
                )
                walk(plan, seen.desired, target, report)

        if not plan.empty:
            confirm("Apply this plan?", yes=yes)
        run(seen, plan)
        _summary(seen, time.monotonic() - began)
    return ExitCode.DONE


def _started(plan: object) -> tuple[str, ...]:
    """Services of which a container will be made or a job run: they need their secrets' values."""
    from shipyard.model.plan import CreateService, Plan, ReplaceService, RunJob, ScaleService

    assert isinstance(plan, Plan)
    kinds = (CreateService, ReplaceService, ScaleService, RunJob)
    return tuple(dict.fromkeys(one.name for one in plan.operations if isinstance(one, kinds)))


def _summary(seen: object, seconds: float) -> None:
    from shipyard.cli.project import Observation
    from shipyard.engine.snapshot import snapshot
    from shipyard.render.status import service_rows, status_text

    assert isinstance(seen, Observation)
    manifest = seen.desired.manifest
    after = snapshot(seen.connection, manifest)
    rows = service_rows(seen.desired, after)
    sys.stdout.write(status_text(manifest, after.engine, rows))
    sys.stdout.write(f"\napplied in {seconds:.1f} s\n")
