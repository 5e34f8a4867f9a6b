"""Walks a plan through a target, operation by operation. Decides nothing."""

from __future__ import annotations

import time
from typing import Protocol

from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.plan import BuildImage, Operation, Plan
from shipyard.targets.compose.target import ComposeTarget

_STARTS = ("create", "replace", "scale", "start", "unpause", "connect", "update", "mend")


class Report(Protocol):
    """Told of every step as it happens."""

    def started(self, operation: Operation) -> None: ...

    def ended(self, operation: Operation, seconds: float) -> None: ...

    def failed(self, operation: Operation) -> None: ...


class ApplyFailed(ShipyardError):
    """An operation failed; `done` and `left` are operation ids."""

    def __init__(
        self, cause: ShipyardError, done: tuple[str, ...], failed: str, left: tuple[str, ...]
    ) -> None:
        super().__init__(f"{failed} failed")
        self.cause = cause
        self.done = done
        self.failed_operation = failed
        self.left = left
        self.exit_code = ExitCode.NEEDS_ATTENTION if done else ExitCode.FAILED

    def __str__(self) -> str:
        lines = [str(self.cause), ""]
        lines.append("done:     " + (", ".join(self.done) or "nothing"))
        lines.append(f"failed:   {self.failed_operation}")
        if self.left:
            lines.append("not done: " + ", ".join(self.left))
        lines.append("  -> `shipyard plan` shows what is left; `shipyard apply` goes on from here")
        return "\n".join(lines)


def walk(plan: Plan, desired: Desired, target: ComposeTarget, report: Report) -> None:
    """Carry out every operation in the plan's order, each service gated on its health before anything
    that needs it. Raises ApplyFailed at the first failure; what was done is kept."""
    done: list[str] = []
    healthy: set[str] = set()
    operations = list(plan.operations)

    def gate(service: str) -> None:
        if service not in healthy:
            target.wait_healthy(service)
            healthy.add(service)

    def needs(operation: Operation) -> tuple[str, ...]:
        kind, _, name = operation.address.partition(".")
        starts = operation.action in (*_STARTS, "run")
        return desired.service(name).needs if kind in ("service", "job") and starts else ()

    index = 0
    while index < len(operations):
        group = _builds(operations, index) or [operations[index]]
        began = time.monotonic()
        for operation in group:
            report.started(operation)
        try:
            builds = [operation for operation in group if isinstance(operation, BuildImage)]
            if builds:
                target.build(builds)
            else:
                operation = group[0]
                for need in needs(operation):
                    gate(need)
                target.execute(operation)
                if operation.address.startswith("service.") and operation.action in _STARTS:
                    healthy.discard(operation.name)
                    if _is_last(operations, index):
                        gate(operation.name)
        except ShipyardError as error:
            for operation in group:
                report.failed(operation)
            left = tuple(operation.id for operation in operations[index + len(group) :])
            raise ApplyFailed(error, tuple(done), group[0].id, left) from error
        for operation in group:
            report.ended(operation, time.monotonic() - began)
            done.append(operation.id)
        index += len(group)
    for address, _ in plan.attention:
        try:
            gate(address.partition(".")[2])
        except ShipyardError as error:
            raise ApplyFailed(error, tuple(done), f"{address}/health", ()) from error


def _builds(operations: list[Operation], index: int) -> list[Operation]:
    """All builds from here on: they wait for nothing but each other, and go in one call."""
    end = index
    while end < len(operations) and isinstance(operations[end], BuildImage):
        end += 1
    return operations[index:end]


def _is_last(operations: list[Operation], index: int) -> bool:
    """Whether no later operation changes the same service: only then its health says something."""
    address = operations[index].address
    return all(operation.address != address for operation in operations[index + 1 :])
