"""The part of a plan that undoes what happened behind Shipyard's back."""

from __future__ import annotations

from shipyard.model.plan import Cause, DriftCause, Plan, ReasonCause
from shipyard.model.record import replace


def only_drift(plan: Plan) -> Plan:
    """Operations that no declared change asks for: all their causes are drift, loss or an interruption."""
    kept = tuple(one for one in plan.operations if one.causes and all(map(_is_drift, one.causes)))
    ids = {one.id for one in kept}
    return replace(
        plan,
        operations=tuple(
            replace(one, after=tuple(before for before in one.after if before in ids)) for one in kept
        ),
        feels=(),
        problems=(),
    )


def _is_drift(cause: Cause) -> bool:
    if isinstance(cause, ReasonCause):
        return cause.reason in ("missing", "interrupted")
    return isinstance(cause, DriftCause)
