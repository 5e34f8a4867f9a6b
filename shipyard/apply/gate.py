"""The gate: nothing goes on before what it needs is healthy."""

from __future__ import annotations

from shipyard.model.desired import Desired
from shipyard.model.plan import Cause, FieldCause, ImageCause, Operation
from shipyard.targets.compose.target import ComposeTarget

_STARTS = ("create", "replace", "scale", "start", "unpause", "connect", "update")
"""What a service's health is waited for after, and its needs' before. To mend starts nothing, and comes
before the needs are put right."""


def starts(operation: Operation) -> bool:
    """Whether it starts, or may start again, containers of a service."""
    return operation.address.startswith("service.") and operation.action in _STARTS


class Gate:
    """Waits for a service's health once, until something changes it again."""

    def __init__(self, desired: Desired, target: ComposeTarget) -> None:
        self._desired = desired
        self._target = target
        self._healthy: set[str] = set()

    def wait(self, service: str, made: float | None = None) -> None:
        if service not in self._healthy:
            self._target.wait_healthy(service, made=made)
            self._healthy.add(service)

    def waits_for(self, operation: Operation) -> tuple[str, ...]:
        """What starts something waits for what that needs, changed by this plan or not."""
        if not (starts(operation) or (operation.address.startswith("job.") and operation.action == "run")):
            return ()
        spec = self._desired.service(operation.name)
        # An image that did not work in its own service goes to no other.
        if spec.like is not None and any(_of_image(one) for one in operation.causes):
            return (*spec.needs, spec.like)
        return spec.needs

    def changed(self, service: str) -> None:
        self._healthy.discard(service)


def _of_image(cause: Cause) -> bool:
    """Whether another image is why something is replaced, built here or pulled."""
    return isinstance(cause, ImageCause) or (isinstance(cause, FieldCause) and cause.path == "image")
