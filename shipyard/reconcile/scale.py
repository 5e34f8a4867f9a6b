"""How many replicas a service has, had when it was last applied, and should have."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Observed
from shipyard.model.plan import Cause, DriftCause, FieldCause, Plan, ReasonCause, ScaleService

RECORD = "record"
"""The role of the volume that holds the record."""


def recorded_replicas(observed: Observed) -> Mapping[str, int]:
    """How many replicas of each service were last applied; nothing for one of which two records, left by
    an interrupted run, say different things."""
    found: dict[str, set[int]] = {}
    for volume in observed.volumes:
        if volume.owned and volume.labels.get(labels.ROLE) == RECORD:
            for name, count in parse_record(volume.labels.get(labels.REPLICAS)).items():
                found.setdefault(name, set()).add(count)
    return {name: counts.pop() for name, counts in found.items() if len(counts) == 1}


def record_due(plan: Plan, desired: Desired, observed: Observed) -> bool:
    """Whether an interrupted run left more than one record, or one that does not say what a plan finds as
    it is declared."""
    records = sum(one.owned and one.labels.get(labels.ROLE) == RECORD for one in observed.volumes)
    recorded = recorded_replicas(observed)
    return records > 1 or any(
        recorded.get(spec.name) != spec.replicas
        for spec in desired.services
        if f"service.{spec.name}" in plan.unchanged
    )


def parse_record(text: str | None) -> Mapping[str, int]:
    try:
        record = json.loads(text or "")
    except ValueError:
        return {}
    if not isinstance(record, dict):
        return {}
    return {name: count for name, count in record.items() if isinstance(count, int)}


def scale_operation(
    spec: ServiceSpec, now: int, removed: tuple[str, ...], recorded: int | None
) -> ScaleService:
    """`removed` are ids, none when there are too few."""
    return ScaleService(
        address=f"service.{spec.name}",
        causes=scale_causes(spec.replicas, now, recorded),
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
