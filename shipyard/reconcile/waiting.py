"""What an operation waits for: the health of what its service needs."""

from __future__ import annotations

from shipyard.model.desired import Desired
from shipyard.model.plan import Cause, FieldCause, ImageCause, Operation

_STARTS = ("create", "replace", "scale", "start", "unpause", "connect", "update")
"""What a service's health is waited for after, and its needs' before. To mend starts nothing, and comes
before the needs are put right."""


def starts(operation: Operation) -> bool:
    """Whether it starts, or may start again, containers of a service."""
    return operation.address.startswith("service.") and operation.action in _STARTS


def waits_for(operation: Operation, desired: Desired) -> tuple[str, ...]:
    """Services that are to be healthy before it begins, changed by this plan or not."""
    if not (starts(operation) or (operation.address.startswith("job.") and operation.action == "run")):
        return ()
    spec = desired.service(operation.name)
    # An image that did not work in its own service goes to no other.
    if spec.like is not None and any(_of_image(one) for one in operation.causes):
        return (*spec.needs, spec.like)
    return spec.needs


def _of_image(cause: Cause) -> bool:
    """Whether another image is why something is replaced, built here or pulled."""
    return isinstance(cause, ImageCause) or (isinstance(cause, FieldCause) and cause.path == "image")
