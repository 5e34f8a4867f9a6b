"""Saved plans between `plan --out` and `apply`: what is written, and whether it still holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipyard.cli.project import Observation
from shipyard.compile.desired import Builds
from shipyard.errors import ShipyardError
from shipyard.model.manifest import Manifest
from shipyard.model.plan import DriftCause, Plan
from shipyard.model.record import replace
from shipyard.reconcile.preconditions import changed_addresses
from shipyard.render.describe import cause_words, text_of
from shipyard.render.document import plan_document
from shipyard.saved.plan import SavedPlan, StalePlan, write_plan
from shipyard.source.git import git_state


def save_plan(path: Path, plan: Plan, seen: Observation, builds: Builds) -> None:
    """Write a plan with the model that it was made from. Raises SavedFileError."""
    manifest = seen.desired.manifest
    saved = SavedPlan(
        document=plan_document(plan),
        manifest=manifest,
        builds=builds,
        targets=seen.scope.targets,
        replaced=seen.scope.replaced,
        # Digests of a key that apply is still to make say nothing.
        secrets={
            name: digest if seen.key is None else None
            for spec in seen.desired.services
            for name, digest in spec.secrets.items()
        },
        git=git_state(manifest.root),
    )
    write_plan(path, plan, saved)


def check_deployment(saved: SavedPlan, path: Path, stage: str | None, instance: str | None) -> None:
    """A plan goes where it was made for. Raises ShipyardError for another stage or instance."""
    manifest = saved.manifest
    for what, asked, planned in (("stage", stage, manifest.stage), ("instance", instance, manifest.instance)):
        if asked is not None and asked != planned:
            raise ShipyardError(
                f"the plan is for {what} {planned or '(none)'}, and {asked} was asked for",
                where=str(path),
                hint=f"leave out --{what}: the plan knows it",
            )


def check_source(saved: SavedPlan, builds: Builds) -> None:
    """Images that are still to be built must come from the source that was planned. Raises StalePlan."""
    details = []
    for name, (_, planned) in saved.builds.items():
        if f"image.{name}/build" not in saved.operations:
            continue
        now = builds[name][1] if name in builds else None
        if now is None or now.tagged != planned.tagged:
            files = _different(planned.files, now.files if now else {})
            shown = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
            details.append(f"image.{name}: {shown or 'its facts'} changed")
    if details:
        git = saved.git or {}
        hint = "plan again"
        if git.get("dirty") == "yes":
            hint = "it was made with changes that were not committed: plan again, from a commit"
        elif git:
            hint = f"check out {git['commit']}, or plan again"
        raise StalePlan("the source is not the one that was planned", details=tuple(details), hint=hint)


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def still_valid(saved: SavedPlan, seen: Observation, *, images_made: bool = False) -> Plan:
    """The saved plan's operations, made anew from what is there now. Raises StalePlan.

    `images_made`: this apply has built and pulled what the plan wanted.
    """
    current = seen.plan()

    def judged(name: str) -> bool:
        return not (images_made and name.startswith("image."))

    changed = changed_addresses(saved.preconditions, seen.desired, seen.observed)
    changed = (*_changed_secrets(saved, seen), *filter(judged, changed))
    wanted = set(filter(judged, saved.operations))
    kept = tuple(one for one in current.operations if one.id in wanted)
    missing = sorted(wanted - {one.id for one in kept})
    # What is to be done where it rests on, and nobody has seen.
    unseen = [
        one.id
        for one in current.operations
        if one.address in saved.preconditions and one.id not in wanted and judged(one.id)
    ]
    if wanted and not kept and not unseen:
        raise StalePlan(
            "the plan has been applied already: nothing of it is left to do",
            details=tuple(f"{name} is no longer needed" for name in missing[:5]),
            hint="plan again",
        )
    if changed or missing or unseen:
        raise StalePlan(
            "the plan is stale: what it rests on has changed since",
            details=(
                *(f"{address} is not as it was{_found(address, current)}" for address in changed),
                *(f"{name} is no longer needed" for name in missing),
                *(f"{name} is needed now" for name in unseen),
            ),
            hint="plan again, and look at what is different now",
        )
    ids = {one.id for one in kept}
    return replace(
        current,
        operations=tuple(
            replace(one, after=tuple(before for before in one.after if before in ids)) for one in kept
        ),
        attention=(),
    )


def _found(address: str, current: Plan) -> str:
    """What a plan sees there now that was not declared so."""
    words = dict.fromkeys(
        text_of(words)
        for one in current.operations
        if one.address == address
        for cause in one.causes
        if isinstance(cause, DriftCause)
        for words in cause_words(cause, one)
    )
    return f" ({'; '.join(words)})" if words else ""


def _changed_secrets(saved: SavedPlan, seen: Observation) -> list[str]:
    """Secrets with another value here than where the plan was made; what was not known there may be known
    now."""
    now = {name: digest for spec in seen.desired.services for name, digest in spec.secrets.items()}
    return [
        f"secret {name}"
        for name, digest in sorted(saved.secrets.items())
        if digest is not None and now.get(name) not in (None, digest)
    ]


def check_approved(approved: SavedPlan, plan: Plan, manifest: Manifest, builds: Builds) -> None:
    """A plan made anew must be the approved one: the same operations from the same inputs.

    Raises StalePlan that lists what differs.
    """
    # As it would be saved: what was read back holds lists where a plan has tuples.
    document = json.loads(json.dumps(plan_document(plan)))
    now: dict[str, Any] = {one["id"]: one for one in document["operations"]}
    before = approved.operations
    details = [f"{name} was not approved" for name in now if name not in before]
    details += [f"{name} was approved and is not planned any more" for name in before if name not in now]
    details += [
        f"{name} differs from what was approved ({', '.join(_differing(before[name], now[name]))})"
        for name in now
        if now[name] != before.get(name, now[name])
    ]
    names = {name.partition("/")[0].partition(".")[2] for name in now}
    details += [
        f"{what} is not declared as it was approved"
        for what, was, is_now in _declared(approved.manifest, manifest, names)
        if was != is_now
    ]
    details += [
        f"image.{name} is built from other inputs"
        for name, (_, build) in builds.items()
        if name in approved.builds and approved.builds[name][1].tagged != build.tagged
    ]
    engine = plan.engine.id if plan.engine else ""
    if (manifest.name, manifest.stage, manifest.instance, engine) != (
        approved.manifest.name,
        approved.manifest.stage,
        approved.manifest.instance,
        (approved.document.get("engine") or {}).get("id"),
    ):
        details.insert(0, "it was approved for another project, stage, instance or engine")
    if details:
        raise StalePlan(
            "this is not the plan that was approved",
            details=tuple(details[:12]),
            hint="`shipyard plan` shows what would happen now; have that approved",
        )


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))


def _declared(before: Manifest, after: Manifest, names: set[str]) -> list[tuple[str, object, object]]:
    rows: list[tuple[str, object, object]] = []
    for kind in ("services", "networks", "volumes"):
        key = "name" if kind == "services" else "key"
        old = {getattr(one, key): one for one in getattr(before, kind)}
        new = {getattr(one, key): one for one in getattr(after, kind)}
        rows += [
            (f"{kind}.{name}", old.get(name), new.get(name))
            for name in sorted(names & (old.keys() | new.keys()))
        ]
    return rows
