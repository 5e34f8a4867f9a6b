"""The part of a plan that undoes what happened behind Shipyard's back."""

from __future__ import annotations

from shipyard.model.plan import Cause, DriftCause, Plan, ReasonCause
from shipyard.model.record import replace


def only_drift(plan: Plan) -> Plan:
    """Operations that undo drift, loss or an interruption, with these of their causes alone: what is
    declared otherwise now may ask for the same operation."""
    kept = tuple(
        replace(one, causes=causes)
        for one in plan.operations
        if (causes := tuple(cause for cause in one.causes if _is_drift(cause)))
    )
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
