"""What `shipyard status` does; its words are in status.py, and the usual ones in usual.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipyard.cli.formats import StatusFormat
from shipyard.cli.loading import load_project
from shipyard.errors import UsageError

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.model.plan import Plan
    from shipyard.render.status import ServiceRow

SECONDS = 2.0
_AROUND = 5
"""Lines of the screen that are no service's."""


def status(
    *,
    stage: str | None = None,
    instance: str | None = None,
    output: StatusFormat = StatusFormat.TEXT,
    watch: bool = False,
    folder: Path = Path(),
) -> None:
    """Print what runs, once or again and again."""
    if watch and (output is not StatusFormat.TEXT or not sys.stdout.isatty()):
        raise UsageError(
            "--watch draws on a terminal", hint="leave it out, and ask again when you want to know"
        )
    manifest = load_project(folder, stage, instance).manifest
    # Loaded while the engine answers what was asked ahead.
    from shipyard.cli.project import observe
    from shipyard.compile.builds import compile_builds
    from shipyard.reconcile.reconcile import reconcile
    from shipyard.render.status import fitted, service_rows, status_json, status_text

    def look(room: int | None = None) -> str:
        with observe(manifest, compile_builds(manifest), ask=False) as seen:
            plan = reconcile(seen.desired, seen.observed)
            rows = service_rows(seen.desired, seen.observed, plan)
            if output is StatusFormat.HTML:
                return _page(seen, plan, rows)
            if output is StatusFormat.JSON:
                return status_json(manifest, seen.observed.engine, rows)
            left = 0
            if room is not None:
                rows, left = fitted(rows, room)
            text = status_text(manifest, seen.observed.engine, rows, datetime.now(UTC))
            return f"{text}... {left} more\n" if left else text

    if watch:
        _watched(look)
    else:
        sys.stdout.write(look())


def _page(seen: Observation, plan: Plan, rows: tuple[ServiceRow, ...]) -> str:
    from shipyard.engine.layers import layered_images
    from shipyard.render.graph import graph_of
    from shipyard.render.html.status import status_html

    images = layered_images(seen.connection, seen.desired, seen.observed)
    manifest, engine = seen.desired.manifest, seen.observed.engine
    return status_html(manifest, engine, rows, plan, graph_of(seen.desired), images)


def _watched(look: Callable[[int], str]) -> None:
    """Draw it again and again, on a screen of its own; an engine that is gone for a while is told there."""
    import time

    from rich.live import Live
    from rich.text import Text

    from shipyard.errors import ShipyardError

    with Live(screen=True, auto_refresh=False) as screen:
        while True:
            try:
                shown = look(screen.console.height - _AROUND)
            except ShipyardError as error:
                shown = f"error: {error}"
            screen.update(
                Text(f"{shown}\n{time.strftime('%H:%M:%S')}, every {SECONDS:g} s, Ctrl-C ends it"),
                refresh=True,
            )
            time.sleep(SECONDS)
