"""The gate: nothing goes on before what it needs is healthy."""

from __future__ import annotations

from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.plan import Operation
from shipyard.reconcile.waiting import waits_for
from shipyard.targets.compose.target import ComposeTarget


class NotReady(Exception):
    """What an operation waits for did not become healthy: nothing of the operation is done. Its cause tells
    why."""

    def __init__(self, service: str, cause: ShipyardError) -> None:
        super().__init__(service)
        self.service = service
        self.cause = cause


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

    def wait_before(self, operation: Operation) -> None:
        """Until it may begin. Raises NotReady."""
        for service in waits_for(operation, self._desired):
            try:
                self.wait(service)
            except ShipyardError as error:
                raise NotReady(service, error) from error

    def changed(self, service: str) -> None:
        self._healthy.discard(service)
