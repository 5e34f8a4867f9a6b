"""Apply, from the first look to the last: images first, then everything that changes what runs."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from shipyard.cli.confirm import confirm
from shipyard.cli.formats import Format
from shipyard.cli.leasing import ended_in_order, leased
from shipyard.cli.loading import load_project
from shipyard.cli.planning import show
from shipyard.cli.progress import JsonReport, TextReport
from shipyard.cli.project import Observation, Scope, look, observe, scope_of, started
from shipyard.cli.walking import images_first, walk_plan
from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import Builds
from shipyard.engine.connect import Connection
from shipyard.engine.secret_values import new_key, of_stage, require_values
from shipyard.errors import ExitCode, ShipyardError
from shipyard.manifest import ManifestError, find_root
from shipyard.model.manifest import Manifest
from shipyard.model.plan import Plan
from shipyard.model.record import Record
from shipyard.reconcile.remarks import crashes_of
from shipyard.reconcile.scale import record_due
from shipyard.render.document import plan_document
from shipyard.render.status import service_rows, status_table
from shipyard.saved.plan import StalePlan, read_plan


class PlanHasProblems(ShipyardError):
    """Apply would fail for sure; nothing was touched."""


class Request(Record):
    """What the command line asked for; `command` is what the lease says of it."""

    folder: Path
    stage: str | None
    instance: str | None
    yes: bool
    report: TextReport | JsonReport
    lease_wait: float | None
    command: str = "apply"

    @property
    def quiet(self) -> bool:
        """Standard output is for a program."""
        return isinstance(self.report, JsonReport)


def apply_declared(
    request: Request,
    services: tuple[str, ...],
    replaced: tuple[str, ...],
    *,
    approved: Path | None = None,
    images: Path | None = None,
) -> None:
    """Plan what is declared, ask, and do it. Raises ShipyardError."""
    manifest = load_project(request.folder, request.stage, request.instance).manifest
    scope = scope_of(manifest, services, replaced)
    builds: Builds = compile_builds(manifest)
    if images is not None:
        from shipyard.saved.images import pinned

        builds = pinned(builds, images)
    apply_builds(request, manifest, builds, scope, approved=approved)


def apply_builds(
    request: Request,
    manifest: Manifest,
    builds: Builds,
    scope: Scope,
    *,
    approved: Path | None = None,
    check: Callable[[Plan, Observation], None] = lambda plan, seen: None,
    connection: Connection | None = None,
) -> None:
    """As apply_declared, of what was compiled; `check` may refuse the plan by what it raises, and the engine
    is the one of `connection` where that is open already."""

    def checked(seen: Observation, *, images_made: bool = False) -> Plan:
        plan = seen.plan()
        check(plan, seen)
        if approved is not None and not images_made:
            from shipyard.cli.saving import check_approved

            check_approved(read_plan(approved, manifest.root), plan, manifest, builds)
        return plan

    looking = observe(manifest, builds, fallback_key=new_key(), scope=scope, connection=connection)
    with ended_in_order(), looking as seen:
        _converge(request, manifest, builds, seen, checked, exact=approved is not None)


def apply_saved(request: Request, path: Path) -> None:
    """Do what a saved plan says, or nothing. Raises StalePlan, SavedFileError."""
    from shipyard.cli.saving import check_deployment, check_source, still_valid

    saved = read_plan(path, _source_root(request.folder))
    manifest = saved.manifest
    check_deployment(saved, path, request.stage, request.instance)
    _check_project(manifest, path)
    builds = saved.builds
    if saved.builds_images:
        declared = load_project(request.folder, manifest.stage, manifest.instance).manifest
        check_source(saved, compile_builds(declared))

    def checked(seen: Observation, *, images_made: bool = False) -> Plan:
        engine = (saved.document.get("engine") or {}).get("id")
        if engine != seen.observed.engine.id:
            raise ShipyardError(
                "the plan was made for another engine",
                where=str(path),
                details=(f"this one is {seen.observed.engine.name} at {seen.observed.engine.address}",),
                hint="apply it where it was planned, or plan again",
            )
        return still_valid(saved, seen, images_made=images_made)

    saved_scope = Scope(targets=saved.targets, replaced=saved.replaced)
    looking = observe(manifest, builds, fallback_key=new_key(), scope=saved_scope)
    try:
        with ended_in_order(), looking as seen:
            _converge(request, manifest, builds, seen, checked, exact=True)
    except ShipyardError as error:
        error.about = of_stage(manifest).strip()
        raise


def _source_root(folder: Path) -> Path:
    """Where the project is, if it is here at all: a plan of pushed images needs no source."""
    try:
        return find_root(folder.absolute())
    except ManifestError:
        return folder.absolute()


def _check_project(manifest: Manifest, path: Path) -> None:
    try:
        declared = tomllib.loads((manifest.root / "shipyard.toml").read_text(encoding="utf-8"))
        here = declared.get("name")
        stage = declared.get("stages", {}).get(manifest.stage, {})
        provider = tuple(stage.get("provider", declared.get("provider", ())))
    except (OSError, ValueError, AttributeError, TypeError):
        return
    if provider != manifest.provider and not any("${" in str(word) for word in provider):
        raise ShipyardError(
            "the plan would ask another provider for secrets than shipyard.toml names",
            where=str(path),
            hint="plan again",
        )
    if here != manifest.name:
        raise ShipyardError(
            f"the plan is of project {manifest.name}, and this is {here}",
            where=str(path),
            hint="apply it in its own project's folder, or in one without a shipyard.toml",
        )


def _converge(
    request: Request,
    manifest: Manifest,
    builds: Builds,
    seen: Observation,
    checked: Callable[..., Plan],
    *,
    exact: bool,
) -> None:
    """`checked` makes the plan from a look at the engine; `exact`: it is done as it is or not at all."""
    plan = checked(seen)
    _show(request, plan)
    _refuse_problems(request, plan, manifest.root)
    require_values(seen.desired, started(plan), seen.values)
    unrecorded = record_due(plan, seen.desired, seen.observed)
    if plan.empty and not plan.attention and not unrecorded:
        _summary(request, seen, seen)
        return
    if not plan.empty:
        confirm("Apply this plan?", yes=request.yes)
    first, rest = images_first(plan)
    values = seen.values.values
    done = (
        walk_plan(first, seen.desired, seen.connection, values, seen.key, request.report)
        if first.operations
        else ()
    )
    if rest.operations or rest.attention or unrecorded:
        with leased(seen.connection, manifest, request.command, request.lease_wait) as lease:
            seen = look(seen.connection, manifest, builds, fallback_key=seen.key, scope=seen.scope)
            plan = checked(seen, images_made=bool(done))
            changed = _differs(rest, plan)
            if changed and exact:
                raise StalePlan("what was approved is no longer what would happen", hint="plan again")
            if changed or plan.problems:
                print("\nmeanwhile something changed; the plan is now:\n", file=sys.stderr)
                _show(request, plan)
            _refuse_problems(request, plan, manifest.root)
            if changed:
                confirm("Apply this plan?", yes=request.yes)
            require_values(seen.desired, started(plan), seen.values)
            walk_plan(
                *(plan, seen.desired, seen.connection, seen.values.values, seen.key, request.report),
                done=done,
                before_write=lease.check,
            )
    after = look(seen.connection, manifest, builds, scope=seen.scope, ask=False)
    _summary(request, seen, after)
    _refuse_crashes(after)
    _tell_unheard(after, started(plan))


def _differs(before: Plan, after: Plan) -> bool:
    """Whether two plans do other things; why and in which order may be said otherwise."""

    def deeds(plan: Plan) -> dict[str, object]:
        operations = plan_document(plan)["operations"]
        assert isinstance(operations, list)
        return {one["id"]: {**one, "after": None, "causes": None} for one in operations}

    return deeds(before) != deeds(after)


def _refuse_problems(request: Request, plan: Plan, root: Path) -> None:
    if not plan.problems:
        return
    from shipyard.cli.annotate import annotate_problems

    annotate_problems(plan.problems, root)
    # Who reads lines of JSON has not seen the plan.
    details = tuple(f"{one.address}: {one.title}" for one in plan.problems) if request.quiet else ()
    raise PlanHasProblems(
        f"{len(plan.problems)} problem(s) would make this fail; nothing was touched",
        details=details,
        hint="mend what the plan lists under problem",
    )


def _show(request: Request, plan: Plan) -> None:
    if not request.quiet:
        show(plan, Format.TEXT)


class Crashing(ShipyardError):
    """All was done, and something that was healthy then has crashed since."""

    exit_code = ExitCode.NEEDS_ATTENTION


def _refuse_crashes(seen: Observation) -> None:
    """Raises Crashing: what has no check was up for a while, and then was not."""
    declared = {spec.name for spec in seen.desired.services}
    crashed = [
        one
        for one in seen.observed.containers
        if one.service in declared and not one.one_off and crashes_of(one)
    ]
    if crashed:
        raise Crashing(
            "; ".join(f"{one.name} {crashes_of(one)}" for one in crashed),
            hint=f"`shipyard doctor` and `shipyard logs {crashed[0].service}` tell why",
        )


def _tell_unheard(seen: Observation, services: Sequence[str]) -> None:
    """What its own check, which asks inside its container, finds well, and nobody reaches."""
    if not services:
        return
    from shipyard.cli.examining import unheard

    for name, cause in unheard(seen, services):
        print(f"warning: {name}: {cause.cause}\n  -> {cause.hint}", file=sys.stderr)


def _summary(request: Request, planned: Observation, seen: Observation) -> None:
    if request.quiet:
        return
    rows = service_rows(planned.desired, seen.observed)
    sys.stdout.write("\n" + status_table(rows, datetime.now(UTC)))
