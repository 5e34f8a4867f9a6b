"""Desired x observed -> plan: pure. The same input gives the same plan, in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from shipyard.compile.lockable import unlocked
from shipyard.model.build import BuildPlan
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Operation, Plan, ReplaceService
from shipyard.model.record import replace as replaced
from shipyard.reconcile.caveats import caveats
from shipyard.reconcile.images import Jobs, images, jobs
from shipyard.reconcile.leftovers import Mending, by_service, give_names_back, mending, own_name
from shipyard.reconcile.moved import moved_images
from shipyard.reconcile.names import job_name, made_names
from shipyard.reconcile.notes import notes
from shipyard.reconcile.ordering import chained
from shipyard.reconcile.preconditions import preconditions
from shipyard.reconcile.problems import problems
from shipyard.reconcile.remarks import attention, feels, held_up, not_compared
from shipyard.reconcile.renamed import earlier_containers, renamed_services
from shipyard.reconcile.resources import networks_after, orphans, resources
from shipyard.reconcile.scale import recorded_replicas
from shipyard.reconcile.services import ServiceDraft, Surroundings, service_draft
from shipyard.reconcile.stops import early_stops, stops_before_removals
from shipyard.reconcile.unused import removed_by, unused


def reconcile(
    desired: Desired,
    observed: Observed,
    *,
    partial: bool = False,
    replace: frozenset[str] = frozenset(),
) -> Plan:
    """Plan for the whole deployment; `partial`: for the services in `desired` alone, so that what is not
    in it is no orphan. `replace` are services whose containers are replaced without a need."""
    observed = in_order(observed)
    to_run = jobs(desired, observed)
    running = by_service(observed)
    mendings = [
        mending(desired.deployment, running.get(spec.name, ()), earlier_containers(spec, observed), spec.name)
        for spec in desired.services
    ]
    give_names_back(desired.deployment, mendings, observed)
    moved = moved_images(desired.images, observed)
    drafts = _drafts(desired, observed, mendings, to_run, replace, moved)
    runs = to_run.runs
    claimed = {one for draft in drafts for op in draft.main for one in _taken_over(op)}
    claimed |= {one for job in runs.values() for one in job.records}
    early, leaving = ([], []) if partial else orphans(desired, observed, frozenset(claimed))
    guests = stops_before_removals(early, drafts)
    stops = early_stops(drafts, desired.manifest.root, guests)
    stopped = frozenset(
        one for found in (guests, *stops.values()) for stop in found for one in stop.containers
    )
    names = {
        draft.spec.name: made_names(desired.deployment, draft, stopped)
        | {name for _, name in made.rename}
        | _names_due(desired, made, observed)
        | {
            job_name(desired.deployment, job)
            for job in desired.jobs
            if job.service == draft.spec.name in runs
        }
        for draft, made in zip(drafts, mendings, strict=True)
    }
    wanting = {draft.spec.name for draft in drafts if draft.wants_image} | to_run.runs.keys()
    made = images(desired, observed, {desired.service(name).image for name in wanting}, moved)
    needed = resources(desired, observed, wanting)
    mends = [one for mended in mendings if (one := mended.operation()) is not None]
    waited = tuple(one.id for one in guests)
    first = (*made, *needed, *mends, *guests, *(replaced(one, after=waited) for one in early))
    operations = chained(drafts, to_run.runs, stops, first)
    done = tuple(operation.id for operation in operations)
    leaving = [replaced(one, after=done) for one in leaving]
    done += tuple(operation.id for operation in (*early, *leaving))
    whole = (*first, *operations, *leaving, *(replaced(one, after=done) for one in to_run.spent))
    # Networks and secret files go when nothing is on them any more.
    done += tuple(operation.id for operation in to_run.spent)
    late = [] if partial else unused(desired, observed, whole, to_run.awaited)
    whole += tuple(replaced(one, after=done) for one in late)
    touched = {operation.address for operation in whole}
    troubles = attention(desired, observed, touched)
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
        attention=troubles,
        feels=feels(desired, whole, touched),
        not_compared=not_compared(desired, observed),
        problems=problems(desired, observed, names, removed_by(whole)),
        notes=(
            *held_up(desired, whole, troubles),
            *notes(desired, observed, whole),
            *(
                f"{one.service}: before_deploy of an earlier apply still runs ({one.name}) and is waited for"
                for one in observed.containers
                if one.id in to_run.awaited
            ),
            *caveats(desired, observed, whole),
            # What was decided for an image comes last: it is the same in every plan.
            *dict.fromkeys(note for image in _noticed(desired, touched) for note in image.notes),
            *unlocked(desired.manifest, desired.images),
        ),
        preconditions=preconditions(desired, observed, whole),
    )


def _noticed(desired: Desired, touched: set[str]) -> list[BuildPlan]:
    """Images that a plan has to do with: what is to be said of the others was said before."""
    users = {spec.built for spec in desired.services if f"service.{spec.name}" in touched}
    return [one for one in desired.images if one.service in users or f"image.{one.service}" in touched]


def in_order(observed: Observed) -> Observed:
    """The same snapshot in the one order that plans are made from, whatever order the engine listed."""
    return replaced(
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


def _drafts(
    desired: Desired,
    observed: Observed,
    mendings: Sequence[Mending],
    to_run: Jobs,
    forced: frozenset[str],
    moved: frozenset[str],
) -> list[ServiceDraft]:
    """In the order of needs, so that who lives in another's namespaces knows what becomes of it."""
    around = Surroundings(
        observed=observed,
        recorded=recorded_replicas(desired.deployment, observed),
        forced=forced,
        networks=networks_after(desired, observed),
        mended=frozenset(one for made in mendings for one in made.remove),
        renamed=renamed_services(desired, observed, to_run.carried),
        moved=moved,
        builds={plan.service: plan for plan in desired.images},
        running=frozenset(one.service for one in observed.containers),
    )
    drafts: dict[str, ServiceDraft] = {}
    for spec, mended in zip(desired.services, mendings, strict=True):
        drafts[spec.name] = service_draft(spec, mended.current, around, drafts)
    return list(drafts.values())


def _taken_over(operation: Operation) -> tuple[str, ...]:
    """Containers of a service's earlier name that an operation takes care of."""
    if isinstance(operation, ReplaceService) and operation.was is not None:
        return (*operation.containers, *operation.carried)
    return ()


def _names_due(desired: Desired, mended: Mending, observed: Observed) -> frozenset[str]:
    """Names that were changed by hand and cannot be given back while a stranger has them."""
    foreign = {one.name for one in observed.foreign}
    due = {own_name(desired.deployment, one) for one in mended.current if one.number}
    return frozenset(due & foreign)
