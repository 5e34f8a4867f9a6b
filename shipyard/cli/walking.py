"""What `apply` and `down` share: a plan walked through Compose, told on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from shipyard.engine.connect import Connection
from shipyard.model.desired import Desired
from shipyard.model.plan import Plan


def walk_plan(
    plan: Plan, desired: Desired, connection: Connection, values: Mapping[str, str], key: str | None
) -> None:
    """Carry out a plan. `values` are secrets by source name, `key` their digests' when it is new.

    Raises ApplyFailed.
    """
    from shipyard.apply import walk
    from shipyard.cli.progress import TextReport
    from shipyard.engine.objects import Objects
    from shipyard.targets.compose.command import check_compose, compose
    from shipyard.targets.compose.model import compose_model, variable
    from shipyard.targets.compose.target import ComposeTarget

    report = TextReport()
    check_compose(connection.environment(os.environ))
    variables = {variable("applied", name): value for name, value in values.items()}
    with compose(connection, desired.deployment, compose_model(desired), variables, os.environ) as bound:
        target = ComposeTarget(
            connection=connection,
            desired=desired,
            compose=bound,
            objects=Objects(connection),
            values=values,
            key=key,
            on_line=report.output,
            progress="auto" if sys.stderr.isatty() else "plain",
        )
        walk(plan, desired, target, report)
