"""`shipyard apply`: make it so."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from shipyard.cli.options import Folder, Format, Instance, Stage, Yes
from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Plan


class PlanHasProblems(ShipyardError):
    """Apply would fail for sure; nothing was touched."""


def apply(stage: Stage = None, instance: Instance = None, yes: Yes = False, folder: Folder = Path()) -> int:
    """Build, run and converge everything that is declared; asks first.

    Example: shipyard apply --stage prod --yes
    """
    from shipyard.cli.confirm import confirm
    from shipyard.cli.plan import show
    from shipyard.cli.project import load_project, observe
    from shipyard.cli.walking import walk_plan
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.secret_values import new_key, require_values
    from shipyard.engine.snapshot import snapshot
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
            _summary(seen.desired, seen.observed)
            return ExitCode.DONE
        if not plan.empty:
            confirm("Apply this plan?", yes=yes)
        walk_plan(plan, seen.desired, seen.connection, seen.values.values, seen.key)
        _summary(seen.desired, snapshot(seen.connection, manifest))
        sys.stdout.write(f"\napplied in {time.monotonic() - began:.1f} s\n")
    return ExitCode.DONE


def _started(plan: Plan) -> tuple[str, ...]:
    """Services of which a container will be made or a job run: they need their secrets' values."""
    from shipyard.model.plan import CreateService, ReplaceService, RunJob, ScaleService

    kinds = (CreateService, ReplaceService, ScaleService, RunJob)
    return tuple(dict.fromkeys(one.name for one in plan.operations if isinstance(one, kinds)))


def _summary(desired: Desired, observed: Observed) -> None:
    from shipyard.render.status import service_rows, status_table

    sys.stdout.write("\n" + status_table(service_rows(desired, observed)))
