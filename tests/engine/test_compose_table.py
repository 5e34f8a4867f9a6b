"""What Compose does when a service is brought up again after a change: a row a change, a column a flag.

Measured of Compose 2.40.3 on Engine 28.5.2. Shipyard drives Compose by what stands here, so a Compose that
does otherwise is told at once, with the row; the rows are in compose_table/.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from compose_table import object_rows, service_rows, state_rows
from compose_table.driven import ComposeProject, Done, Found, shown, steps
from compose_table.row import COLUMNS, Outcome, Row

ROWS = (*service_rows.ROWS, *object_rows.ROWS, *state_rows.ROWS)


def _cases() -> Iterator[object]:
    for row in ROWS:
        for column in COLUMNS:
            marks = () if column in row.quick else (pytest.mark.slow,)
            yield pytest.param(row, column, id=f"{row.change} | {column}", marks=marks)


@pytest.mark.parametrize(("row", "column"), list(_cases()))
def test_a_service_is_brought_up_again(row: Row, column: str, compose_project: ComposeProject) -> None:
    if row.prepare is not None:
        row.prepare(compose_project)
    if row.before is not None:
        compose_project.start_all(row.before)
    if row.by_hand is not None:
        row.by_hand(compose_project)
    with compose_project.recorded() as recording:
        done = compose_project.up(row.after, *COLUMNS[column], *row.flags)
        if row.until_ended is not None:
            recording.until_ended(f"{compose_project.name}-{row.until_ended}")
    outcome = row.outcome(column)
    if not outcome.is_what(recording.found) or not _ended_as_said(outcome, done):
        pytest.fail(_difference(row, column, recording.found, done), pytrace=False)


def _ended_as_said(outcome: Outcome, done: Done) -> bool:
    if outcome.fails is None:
        return done.returncode == 0
    return done.returncode != 0 and outcome.fails in done.stderr


def _difference(row: Row, column: str, found: Found, done: Done) -> str:
    outcome = row.outcome(column)
    return "\n".join(
        (
            f"Compose does something else when this has changed: {row.change}",
            f"  docker {' '.join(done.args[1:])}",
            "expected:",
            shown(steps(outcome.events)),
            f"    and it fails: {outcome.fails}" if outcome.fails else "    and it succeeds",
            "happened:",
            shown(found),
            f"    and it returned {done.returncode}, saying:",
            *(f"    | {line}" for line in (done.stdout + done.stderr).splitlines()[-8:]),
        )
    )
