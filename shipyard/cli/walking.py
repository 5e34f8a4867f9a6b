"""What every writer shares: a plan walked through Compose, told as it happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shipyard.cli.progress import JsonReport, TextReport
from shipyard.engine.connect import Connection
from shipyard.model.desired import Desired
from shipyard.model.plan import BuildImage, Plan, PullImage
from shipyard.model.record import replace

if TYPE_CHECKING:
    from shipyard.targets.compose.target import ComposeTarget


@contextmanager
def compose_target(
    desired: Desired,
    connection: Connection,
    values: Mapping[str, str],
    key: str | None,
    report: TextReport | JsonReport,
    before_write: Callable[[], None],
) -> Iterator[ComposeTarget]:
    """What carries out operations, for a block. `values` are secrets by source name, `key` their digests'
    when it is new; `before_write` is called before each write. Raises ShipyardError."""
    from shipyard.engine.objects import Objects
    from shipyard.targets.compose.command import check_compose, compose
    from shipyard.targets.compose.model import compose_model, variable
    from shipyard.targets.compose.target import ComposeTarget

    check_compose(connection.environment(os.environ))
    variables = {variable("applied", name): value for name, value in values.items()}
    model = compose_model(desired)
    with compose(
        connection, desired.deployment, model, variables, os.environ, before_write=before_write
    ) as bound:
        if any(spec.compose for spec in desired.services):
            bound.check()
        yield ComposeTarget(
            connection=connection,
            desired=desired,
            compose=bound,
            objects=Objects(connection, before_write),
            values=values,
            key=key,
            on_line=report.output,
            progress="auto" if sys.stderr.isatty() else "plain",
        )


def walk_plan(
    plan: Plan,
    desired: Desired,
    connection: Connection,
    values: Mapping[str, str],
    key: str | None,
    report: TextReport | JsonReport,
    *,
    done: tuple[str, ...] = (),
    before_write: Callable[[], None] = lambda: None,
) -> tuple[str, ...]:
    """Carry out a plan; the ids of what was done, after those in `done`. `report` is told of every step.

    Raises ApplyFailed.
    """
    from shipyard.apply import walk

    with compose_target(desired, connection, values, key, report, before_write) as target:
        return walk(plan, desired, target, report, done)


def images_first(plan: Plan) -> tuple[Plan, Plan]:
    """A plan's builds and pulls, which change nothing that runs, and the rest of it."""
    kinds = (BuildImage, PullImage)
    made = tuple(one for one in plan.operations if isinstance(one, kinds))
    ids = {one.id for one in made}
    rest = tuple(
        replace(one, after=tuple(before for before in one.after if before not in ids))
        for one in plan.operations
        if not isinstance(one, kinds)
    )
    return replace(plan, operations=made, attention=()), replace(plan, operations=rest)
