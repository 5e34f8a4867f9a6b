"""Walks a plan through a target, operation by operation. Decides nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import NoReturn, Protocol

from shipyard.diagnosis.container import diagnose
from shipyard.diagnosis.findings import Symptoms
from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.plan import (
    BuildImage,
    Cause,
    CreateService,
    FieldCause,
    ImageCause,
    Operation,
    Plan,
    RemoveService,
    ReplaceService,
)
from shipyard.targets.compose.health import Unhealthy
from shipyard.targets.compose.target import ComposeTarget

_STARTS = ("create", "replace", "scale", "start", "unpause", "connect", "update")
"""What a service's health is waited for after, and its needs' before. To mend starts nothing, and comes
before the needs are put right."""


class Report(Protocol):
    """Told of every step as it happens."""

    def started(self, operation: Operation) -> None: ...

    def ended(self, operation: Operation, seconds: float) -> None: ...

    def failed(self, operation: Operation) -> None: ...


class ApplyFailed(ShipyardError):
    """An operation failed; `done`, `left` and `begun` (made, and not known to be healthy yet) are operation
    ids. `again` is how to go on."""

    again = "`shipyard plan` shows what is left; `shipyard apply` goes on from here"

    def __init__(
        self,
        cause: BaseException,
        done: tuple[str, ...],
        failed: str,
        left: tuple[str, ...],
        notes: tuple[str, ...] = (),
        begun: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{failed} failed")
        self.cause = cause
        self.done = done
        self.failed_operation = failed
        self.begun = begun
        self.left = left
        # What the plan said of the service may be why.
        service = failed.partition(".")[2].partition("/")[0]
        self.notes = tuple(note for note in notes if note.startswith(f"{service}: "))
        # An image that was made, or not, changes nothing that runs; nor does waiting for health.
        tried = (*done, failed, *begun)
        touched = [one for one in tried if not (one.startswith("image.") or one.endswith("/health"))]
        self.exit_code = ExitCode.NEEDS_ATTENTION if touched else ExitCode.FAILED
        if isinstance(cause, KeyboardInterrupt):
            self.exit_code = ExitCode.INTERRUPTED

    def __str__(self) -> str:
        lines = ["interrupted" if isinstance(self.cause, KeyboardInterrupt) else str(self.cause), ""]
        lines.append("done:     " + (", ".join(self.done) or "nothing"))
        lines.append(f"failed:   {self.failed_operation}")
        if self.begun:
            lines.append("begun:    " + ", ".join(self.begun) + " (not known to be healthy yet)")
        if self.left:
            lines.append("not done: " + ", ".join(self.left))
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"  -> {self.again}")
        return "\n".join(lines)

    def each(self) -> Iterator[ShipyardError]:
        if isinstance(self.cause, ShipyardError):
            yield from self.cause.each()


def walk(
    plan: Plan, desired: Desired, target: ComposeTarget, report: Report, before: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Carry out every operation in the plan's order, each service gated on its health before anything
    that needs it. `before` are ids of what this apply has done already; the ids of all that is done come
    back. Raises ApplyFailed at the first failure; what was done is kept."""
    steps = _Steps(plan, desired, target, report, before)
    operations = list(plan.operations)
    index = 0
    while index < len(operations):
        group = _builds(operations, index) or [operations[index]]
        index += len(group)
        steps.take(group, operations[index:])
    steps.settle()
    for address, _ in plan.attention:
        try:
            steps.gate.wait(address.partition(".")[2])
        except ShipyardError as error:
            raise ApplyFailed(error, tuple(steps.done), f"{address}/health", ()) from error
    # Where nothing is declared all was taken down, those too that had no container any more.
    target.record_replicas(_replicas(plan, desired, steps.done) if desired.services else None)
    return tuple(steps.done)


class _Steps:
    """The operations of one walk: done, or begun and not known to be healthy.

    New services that need nothing of each other become healthy side by side: nothing is lost when one of
    them does not. What needs one of them, or touches something that runs, waits for all that was begun.
    """

    def __init__(
        self, plan: Plan, desired: Desired, target: ComposeTarget, report: Report, before: tuple[str, ...]
    ) -> None:
        self._plan, self._desired, self._target, self._report = plan, desired, target, report
        self.gate = _Gate(desired, target)
        self.done = list(before)
        self._begun: dict[str, tuple[Operation, float, float]] = {}
        self._left: list[Operation] = list(plan.operations)

    def take(self, group: list[Operation], left: list[Operation]) -> None:
        """Carry out one operation, or several builds; `left` come after."""
        operation = group[0]
        side_by_side = isinstance(operation, CreateService)
        if not side_by_side or not self._begun.keys().isdisjoint(self.gate.waits_for(operation)):
            self.settle()
        self._left = left
        began = time.monotonic()
        for one in group:
            self._report.started(one)
        try:
            _carry_out(group, left, self._target, self.gate)
        except (ShipyardError, KeyboardInterrupt) as error:
            self._fail(error, group)
        if side_by_side:
            self._begun[operation.name] = (operation, began, time.monotonic())
        else:
            self._end(group, began)

    def settle(self) -> None:
        """Wait for the health of all that was begun."""
        for name in tuple(self._begun):
            operation, began, made = self._begun.pop(name)
            try:
                self.gate.wait(name, made)
            except (ShipyardError, KeyboardInterrupt) as error:
                self._fail(error, [operation])
            self._end([operation], began)

    def _end(self, group: list[Operation], began: float) -> None:
        for operation in group:
            self._report.ended(operation, time.monotonic() - began)
            self.done.append(operation.id)

    def _fail(self, error: ShipyardError | KeyboardInterrupt, group: list[Operation]) -> NoReturn:
        plan = self._plan
        for operation in group:
            self._report.failed(operation)
        with contextlib.suppress(ShipyardError):
            self._target.record_replicas(_replicas(plan, self._desired, self.done))
        _diagnose(error, group[0], self._desired)
        notes = (*_aftermath(group[0], error), *plan.notes)
        begun = tuple(operation.id for operation, *_ in self._begun.values())
        left = tuple(one.id for one in self._left)
        raise ApplyFailed(error, tuple(self.done), group[0].id, left, notes, begun) from error


def _diagnose(error: BaseException, operation: Operation, desired: Desired) -> None:
    """Tell the cause with an error that has not been looked at yet: of Compose, the engine or a job."""
    spec = next((one for one in desired.services if one.name == operation.name), None)
    if not isinstance(error, ShipyardError) or isinstance(error, Unhealthy) or spec is None:
        return
    if not operation.address.startswith(("service.", "job.")):
        return
    said = tuple(line.removeprefix("| ") for line in error.details)
    names = tuple(one.name for one in desired.services)
    found = diagnose(Symptoms(spec=spec, state="created", error=error.title, log=said, services=names))
    if found:
        error.details += tuple(f"why: {finding.cause}" for finding in found)
        error.hint = "; or ".join(finding.hint for finding in found)


def _replicas(plan: Plan, desired: Desired, done: list[str]) -> dict[str, int | None]:
    """How many replicas of each service are applied now: of those that needed nothing, and of those for
    which all was done. None for one that is gone."""
    undone = {one.name for one in plan.operations if one.id not in done}
    declared = {f"service.{spec.name}": spec.replicas for spec in desired.services}
    found: dict[str, int | None] = {}
    for address in (*plan.unchanged, *(one.address for one in plan.operations)):
        name = address.partition(".")[2]
        if address in declared and name not in undone:
            found[name] = declared[address]
    for operation in plan.operations:
        if isinstance(operation, RemoveService) and operation.id in done:
            found[operation.name] = None
        if isinstance(operation, ReplaceService) and operation.was and operation.id in done:
            found[operation.was] = None
    return found


def _aftermath(operation: Operation, error: BaseException) -> tuple[str, ...]:
    """What a failure means to those whom the service serves."""
    if not isinstance(operation, ReplaceService) or not isinstance(error, Unhealthy):
        return ()
    if operation.strategy != "stop-first" or operation.replicas != (1, 1):
        return ()
    return (
        f"{operation.name}: it does not serve now: the container before had to stop first. To go back, take "
        "the change back and apply: the image that it ran is still here",
    )


def _of_image(cause: Cause) -> bool:
    """Whether another image is why something is replaced, built here or pulled."""
    return isinstance(cause, ImageCause) or (isinstance(cause, FieldCause) and cause.path == "image")


class _Gate:
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
        if not (operation.address.startswith(("service.", "job.")) and operation.action in (*_STARTS, "run")):
            return ()
        spec = self._desired.service(operation.name)
        # An image that did not work in its own service goes to no other.
        if spec.like is not None and any(_of_image(one) for one in operation.causes):
            return (*spec.needs, spec.like)
        return spec.needs

    def changed(self, service: str) -> None:
        self._healthy.discard(service)


def _carry_out(group: list[Operation], left: list[Operation], target: ComposeTarget, gate: _Gate) -> None:
    builds = [operation for operation in group if isinstance(operation, BuildImage)]
    if builds:
        target.build(builds)
        return
    operation = group[0]
    for service in gate.waits_for(operation):
        gate.wait(service)
    starts = operation.address.startswith("service.") and operation.action in _STARTS
    if starts:
        target.alone(operation.name)
    target.execute(operation)
    if starts:
        gate.changed(operation.name)
        # Its health says something only when nothing else is going to change it. What is new is waited
        # for when all that can start beside it was begun.
        new = isinstance(operation, CreateService)
        if not new and all(later.address != operation.address for later in left):
            gate.wait(operation.name)


def _builds(operations: list[Operation], index: int) -> list[Operation]:
    """All builds from here on: they wait for nothing but each other, and go in one call."""
    end = index
    while end < len(operations) and isinstance(operations[end], BuildImage):
        end += 1
    return operations[index:end]
