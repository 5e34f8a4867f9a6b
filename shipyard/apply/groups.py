"""Which operations go together: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shipyard.model.plan import BuildImage, CreateService, Operation

Group = tuple[Operation, ...]

TOGETHER = 10
"""Services made in one call of Compose at most: between two calls a lost lease is noticed."""


def groups(operations: Group) -> Iterator[tuple[Group, Group]]:
    """What goes together, and what is left after it: images to be built, which wait for nothing but each
    other; new services that wait for nothing of each other; else one alone."""
    while operations:
        size = 1
        while size < len(operations) and _joins(operations[size], operations[:size]):
            size += 1
        yield operations[:size], operations[size:]
        operations = operations[size:]


def _joins(operation: Operation, group: Group) -> bool:
    if isinstance(operation, BuildImage):
        return isinstance(group[0], BuildImage)
    new = isinstance(operation, CreateService) and isinstance(group[0], CreateService)
    return new and len(group) < TOGETHER and not waits(operation, group)


def waits(operation: Operation, others: Sequence[Operation]) -> bool:
    """Whether the plan has it after one of the others."""
    return any(one.id in operation.after for one in others)
