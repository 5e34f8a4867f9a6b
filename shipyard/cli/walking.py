"""What every writer shares: a plan walked through Compose, told as it happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from shipyard.cli.progress import JsonReport, TextReport
from shipyard.engine.connect import Connection
from shipyard.model.desired import Desired
from shipyard.model.plan import BuildImage, Plan, PullImage
from shipyard.model.record import replace


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
    """Carry out a plan; the ids of what was done, after those in `done`. `values` are secrets by source
    name, `key` their digests' when it is new; `report` is told of every step; `before_write` is called
    before each write.

    Raises ApplyFailed.
    """
    from shipyard.apply import walk
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
        target = ComposeTarget(
            connection=connection,
            desired=desired,
            compose=bound,
            objects=Objects(connection, before_write),
            values=values,
            key=key,
            on_line=report.output,
            progress="auto" if sys.stderr.isatty() else "plain",
        )
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
