"""The order of operations: what each waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shipyard.manifest.sharing import host_services
from shipyard.model.desired import ServiceSpec
from shipyard.model.plan import Operation, RunJob, StopService
from shipyard.model.record import replace
from shipyard.reconcile.services import ServiceDraft


def chained(
    drafts: Sequence[ServiceDraft],
    runs: Mapping[str, RunJob],
    stops: Mapping[str, Sequence[StopService]],
    first: tuple[Operation, ...],
) -> tuple[Operation, ...]:
    """The operations of all services in the order of their needs, each after those that it waits for:
    `stops` are what stops before a service, `first` is what exists before any service is touched."""
    operations: list[Operation] = []
    ends: dict[str, tuple[str, ...]] = {}
    for draft in drafts:
        spec = draft.spec
        base = _base(spec, first)
        before = (*spec.needs, *host_services(spec.compose))
        needs = base + tuple(last for need in before for last in ends.get(need, ()))
        chain, began = needs + ends.pop(spec.name, ()), len(operations)
        owner = runs.get(spec.like or "")
        for operation in (*_job(runs, spec), *stops.get(spec.name, ()), *draft.main):
            if owner is not None and operation in draft.main[:1]:
                chain += (owner.id,)
            operations.append(replace(operation, after=tuple(dict.fromkeys(chain))))
            chain = (operation.id,)
            if operation.name != spec.name:
                ends[operation.name] = chain
        ends[spec.name] = chain if len(operations) > began else needs[len(base) :]
    return tuple(operations)


def _job(runs: Mapping[str, RunJob], spec: ServiceSpec) -> tuple[RunJob, ...]:
    return (runs[spec.name],) if spec.name in runs else ()


def _base(spec: ServiceSpec, first: tuple[Operation, ...]) -> tuple[str, ...]:
    """What must exist before anything of a service is made: of the images only its own."""
    return tuple(
        operation.id
        for operation in first
        if not operation.address.startswith("image.") or getattr(operation, "reference", None) == spec.image
    )
