"""The walk: operations in the plan's order, those together that wait for nothing of each other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shipyard.apply.failed import ApplyFailed
from shipyard.apply.gate import Gate, NotReady
from shipyard.apply.groups import Group, groups, waits
from shipyard.apply.told import aftermath, tell_cause
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.plan import BuildImage, CreateService, Operation, Plan, RemoveService, ReplaceService
from shipyard.reconcile.waiting import starts
from shipyard.targets.compose.command import ComposeError
from shipyard.targets.compose.target import ComposeTarget


class Report(Protocol):
    """Told of every step as it happens."""

    def started(self, operation: Operation) -> None: ...

    def ended(self, operation: Operation, seconds: float) -> None: ...

    def failed(self, operation: Operation) -> None: ...


def walk(
    plan: Plan, desired: Desired, target: ComposeTarget, report: Report, before: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Carry out every operation in the plan's order, each service gated on its health before anything
    that needs it. `before` are ids of what this apply has done already; the ids of all that is done come
    back. Raises ApplyFailed at the first failure; what was done is kept."""
    steps = _Steps(plan, desired, target, report, before)
    for group, left in groups(plan.operations):
        steps.take(group, left)
    steps.settle()
    for address, _ in plan.attention:
        try:
            steps.gate.wait(address.partition(".")[2])
        except ShipyardError as error:
            raise ApplyFailed(error, tuple(steps.done), f"{address}/health", ()) from error
    # Where nothing is declared all was taken down, those too that had no container any more.
    target.record_replicas(_replicas(plan, desired, steps.done) if desired.services else None)
    return tuple(steps.done)


@dataclass(slots=True, kw_only=True)
class _Begun:
    """A new service: begun and made at these moments (time.monotonic), not known to be healthy."""

    operation: CreateService
    began: float
    made: float = 0.0


class _Steps:
    """The operations of one walk.

    New services that need nothing of each other become healthy side by side: nothing is lost when one of
    them does not. What needs one of them, or touches something that runs, waits for all that was begun.
    """

    def __init__(
        self, plan: Plan, desired: Desired, target: ComposeTarget, report: Report, before: tuple[str, ...]
    ) -> None:
        self._plan, self._desired, self._target, self._report = plan, desired, target, report
        self.gate = Gate(desired, target)
        self.done = list(before)
        self._begun: list[_Begun] = []
        self._left: Group = plan.operations

    def take(self, group: Group, left: Group) -> None:
        """Carry out operations that go together; `left` come after."""
        new = [one for one in group if isinstance(one, CreateService)]
        if not new or any(waits(one, [other.operation for other in self._begun]) for one in new):
            self.settle()
        self._left = left
        began = time.monotonic()
        for one in group:
            self._report.started(one)
        if new:
            self._create(new, began)
            return
        with self._failing(group[0], group):
            if isinstance(group[0], BuildImage):
                self._target.build([one for one in group if isinstance(one, BuildImage)])
            else:
                self._carry_out(group[0])
        for one in group:
            self._end(one, began)

    def settle(self) -> None:
        """Wait for the health of all that was begun."""
        while self._begun:
            one = self._begun[0]
            with self._failing(one.operation):
                self.gate.wait(one.operation.name, one.made)
            self._begun.pop(0)
            self._end(one.operation, one.began)

    def _create(self, new: list[CreateService], began: float) -> None:
        """All in one call of Compose. Where that fails each in a call of its own tells which it was."""
        for one in new:
            with self._failing(one):
                self._before(one)
        begun = [_Begun(operation=one, began=began) for one in new]
        self._begun += begun
        if len(new) == 1 or not self._created(new):
            for one in new:
                with self._failing(one):
                    self._target.create([one])
        for made in begun:
            self.gate.changed(made.operation.name)
            made.made = time.monotonic()

    def _created(self, new: list[CreateService]) -> bool:
        """Whether one call of Compose made them all."""
        with self._failing(new[0]):
            try:
                self._target.create(new)
            except ComposeError:
                return False
        return True

    def _carry_out(self, operation: Operation) -> None:
        self._before(operation)
        self._target.execute(operation)
        if starts(operation):
            self.gate.changed(operation.name)
            # Its health says something only when nothing else is going to change it.
            if all(later.address != operation.address for later in self._left):
                self.gate.wait(operation.name)

    def _before(self, operation: Operation) -> None:
        """Wait until it may begin. Raises NotReady, ShipyardError where it may not."""
        self.gate.wait_before(operation)
        if starts(operation):
            self._target.alone(operation.name)

    def _end(self, operation: Operation, began: float) -> None:
        self._report.ended(operation, time.monotonic() - began)
        self.done.append(operation.id)

    @contextlib.contextmanager
    def _failing(self, operation: Operation, group: Group | None = None) -> Iterator[None]:
        """What fails in the block is this operation, with its group where all of it does."""
        try:
            yield
        except (NotReady, ShipyardError, KeyboardInterrupt) as error:
            for one in group or (operation,):
                self._report.failed(one)
            with contextlib.suppress(ShipyardError):
                self._target.record_replicas(_replicas(self._plan, self._desired, self.done))
            if isinstance(error, NotReady):
                raise self._not_ready(error) from error.cause
            tell_cause(error, operation, self._desired)
            raise ApplyFailed(
                *(error, tuple(self.done), operation.id, tuple(one.id for one in self._left)),
                notes=(*aftermath(operation, error), *self._plan.notes),
                begun=tuple(one.operation.id for one in self._begun if one.operation is not operation),
            ) from error

    def _not_ready(self, error: NotReady) -> ApplyFailed:
        begun = tuple(one.operation.id for one in self._begun)
        left = (one.id for one in self._plan.operations if one.id not in (*self.done, *begun))
        failed = f"service.{error.service}/health"
        return ApplyFailed(error.cause, tuple(self.done), failed, tuple(left), self._plan.notes, begun)


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
