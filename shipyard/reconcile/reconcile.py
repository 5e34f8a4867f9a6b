"""Desired x observed -> plan: pure. The same input gives the same plan, in the same order."""

from __future__ import annotations

from dataclasses import replace

from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Operation, Plan, ReplaceService
from shipyard.reconcile.images import images, jobs
from shipyard.reconcile.notes import notes
from shipyard.reconcile.preconditions import preconditions
from shipyard.reconcile.problems import problems
from shipyard.reconcile.resources import removals, resources
from shipyard.reconcile.services import service_draft

_CRASHES = 3


def reconcile(desired: Desired, observed: Observed, *, partial: bool = False) -> Plan:
    """Plan for the whole deployment; `partial`: for the services in `desired` alone, so that what is not
    in it is no orphan."""
    observed = in_order(observed)
    drafts = [service_draft(observed, spec) for spec in desired.services]
    to_run = {job.name: job for job in jobs(desired, observed)}
    wanting = {draft.spec.name for draft in drafts if draft.wants_image}
    made = images(desired, observed, {desired.service(name).image for name in wanting | to_run.keys()})
    needed = resources(desired, observed, wanting | to_run.keys())
    early, leaving, late = ([], [], []) if partial else removals(desired, observed)
    first = (*made, *needed, *early)
    operations: list[Operation] = []
    ends: dict[str, tuple[str, ...]] = {}
    for draft in drafts:
        spec = draft.spec
        chain = _base(spec, first) + tuple(last for need in spec.needs for last in ends.get(need, ()))
        needs, began = chain, len(operations)
        job = to_run.get(spec.name)
        for operation in (*draft.before, *([job] if job else ()), *draft.main):
            if spec.like in to_run and operation in draft.main[:1]:
                chain += (to_run[spec.like].id,)
            # A job waits for all that its service waits for, even when something was mended in between.
            after = chain if operation is not job else needs + chain
            operations.append(replace(operation, after=tuple(dict.fromkeys(after))))
            chain = (operation.id,)
        ends[spec.name] = chain if len(operations) > began else needs[len(_base(spec, first)) :]
    done = tuple(operation.id for operation in operations)
    leaving = [replace(one, after=done) for one in leaving]
    # Networks and secret files go when nothing is on them any more.
    done += tuple(operation.id for operation in (*early, *leaving))
    whole = (*first, *operations, *leaving, *(replace(one, after=done) for one in late))
    touched = {operation.address for operation in whole}
    return Plan(
        project=desired.manifest.name,
        stage=desired.manifest.stage,
        instance=desired.manifest.instance,
        deployment=desired.deployment,
        engine=observed.engine,
        operations=whole,
        unchanged=tuple(
            f"service.{spec.name}" for spec in desired.services if f"service.{spec.name}" not in touched
        ),
        attention=_attention(observed, touched),
        feels=_feels(desired, whole, touched),
        not_compared=_not_compared(desired, observed),
        problems=problems(desired, observed),
        notes=(
            *dict.fromkeys(note for image in desired.images for note in image.notes),
            *notes(desired, observed, whole),
        ),
        preconditions=preconditions(desired, observed, whole),
    )


def in_order(observed: Observed) -> Observed:
    """The same snapshot in the one order that plans are made from, whatever order the engine listed."""
    return replace(
        observed,
        containers=tuple(
            sorted(
                observed.containers, key=lambda one: (one.service, one.one_off, one.number, one.name, one.id)
            )
        ),
        foreign=tuple(sorted(observed.foreign, key=lambda one: one.name)),
        networks=tuple(sorted(observed.networks, key=lambda one: (one.name, one.id))),
        volumes=tuple(sorted(observed.volumes, key=lambda one: one.name)),
    )


def _base(spec: ServiceSpec, first: tuple[Operation, ...]) -> tuple[str, ...]:
    """What must exist before anything of a service is made: of the images only its own."""
    return tuple(
        operation.id
        for operation in first
        if not operation.address.startswith("image.") or getattr(operation, "reference", None) == spec.image
    )


def _attention(observed: Observed, touched: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"service.{one.service}", f"{one.name} {trouble}")
        for one in observed.containers
        if not one.one_off and f"service.{one.service}" not in touched and (trouble := _trouble(one))
    )


def _trouble(container: Container) -> str:
    """What is wrong with a container that is as declared, "" when nothing is known to be."""
    if container.health == "unhealthy":
        return "is unhealthy"
    if container.health == "starting" and container.state == "running":
        return "is still starting"
    # Between two crashes it runs for a moment, and without a check nothing else tells.
    if container.state == "restarting" or (not container.health and container.restarts >= _CRASHES):
        return f"keeps crashing (restarted {container.restarts} times)"
    return ""


def _feels(
    desired: Desired, operations: tuple[Operation, ...], touched: set[str]
) -> tuple[tuple[str, str], ...]:
    replaced = {operation.name for operation in operations if isinstance(operation, ReplaceService)}
    return tuple(
        (f"service.{spec.name}", f"feels the replacement of {', '.join(sorted(set(spec.needs) & replaced))}")
        for spec in desired.services
        if f"service.{spec.name}" not in touched and set(spec.needs) & replaced
    )


def _not_compared(desired: Desired, observed: Observed) -> tuple[str, ...]:
    running = {one.service for one in observed.containers}
    return tuple(
        f"service.{spec.name}: secrets.{name}"
        for spec in desired.services
        if spec.name in running
        for name, digest in sorted(spec.secrets.items())
        if digest is None
    )
