"""How many replicas a service has, had when it was last applied, and should have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from shipyard.compile import labels
from shipyard.compile.storage import is_record_volume
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Observed, Volume
from shipyard.model.plan import Cause, DriftCause, FieldCause, Plan, ReasonCause, ScaleService

RECORD = "record"
"""The role of the volume that holds the record."""


def recorded_replicas(deployment: str, observed: Observed) -> Mapping[str, int]:
    """How many replicas of each service were last applied; nothing for one of which two records, left by
    an interrupted run, say different things."""
    found: dict[str, set[int]] = {}
    for volume in _records(deployment, observed):
        for name, count in parse_record(volume.labels.get(labels.REPLICAS)).items():
            found.setdefault(name, set()).add(count)
    return {name: counts.pop() for name, counts in found.items() if len(counts) == 1}


def record_due(plan: Plan, desired: Desired, observed: Observed) -> bool:
    """Whether an interrupted run left more than one record, or one that does not say what a plan finds as
    it is declared, or speaks of services that are not."""
    recorded = recorded_replicas(desired.deployment, observed)
    return (
        len(_records(desired.deployment, observed)) > 1
        or not recorded.keys() <= {service.name for service in desired.manifest.services}
        or any(
            recorded.get(spec.name) != spec.replicas
            for spec in desired.services
            if f"service.{spec.name}" in plan.unchanged
        )
    )


def _records(deployment: str, observed: Observed) -> list[Volume]:
    return [
        one
        for one in observed.volumes
        if one.owned and one.labels.get(labels.ROLE) == RECORD and is_record_volume(deployment, one.name)
    ]


def parse_record(text: str | None) -> Mapping[str, int]:
    try:
        record = json.loads(text or "")
    except ValueError:
        return {}
    if not isinstance(record, dict):
        return {}
    return {name: count for name, count in record.items() if isinstance(count, int)}


def scale_operation(
    spec: ServiceSpec,
    now: int,
    removed: tuple[str, ...],
    recorded: int | None,
    drift: Iterable[DriftCause] = (),
) -> ScaleService:
    """`removed` are ids, none when there are too few; `drift` is told of these."""
    return ScaleService(
        address=f"service.{spec.name}",
        causes=(*scale_causes(spec.replicas, now, recorded), *dict.fromkeys(drift)),
        replicas=(now, spec.replicas),
        removed=removed,
    )


def scale_causes(declared: int, found: int, recorded: int | None) -> tuple[Cause, ...]:
    """A change of what is declared, drift from what was applied, or both."""
    if recorded is None:
        return (FieldCause(path="replicas", before=found, after=declared),)
    causes: list[Cause] = []
    if recorded != declared:
        causes.append(FieldCause(path="replicas", before=recorded, after=declared))
    if recorded != found:
        causes.append(DriftCause(path="replicas", declared=recorded, found=found))
    return tuple(causes)


def creation_causes(spec: ServiceSpec, recorded: int | None) -> tuple[Cause, ...]:
    """Why all containers of a service are made: it is new, or they are gone."""
    if recorded is None:
        shown = f"(image of {spec.built})" if spec.built else spec.image
        return (ReasonCause(reason="new", text=f"new service {shown}"),)
    return scale_causes(spec.replicas, 0, recorded)
