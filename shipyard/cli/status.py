"""`shipyard status`: what runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.options import Folder, Format, Instance, Output, Stage
from shipyard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 2.0


def status(
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on looking, until Ctrl-C.")] = False,
    folder: Folder = Path(),
) -> None:
    """Show each service's state, health and URL, and what is not as declared.

    Example: shipyard status --format json
    """
    from shipyard.cli.project import load_project, observe
    from shipyard.compile.builds import compile_builds
    from shipyard.reconcile.reconcile import reconcile
    from shipyard.render.status import service_rows, status_json, status_text

    if watch and (output is not Format.TEXT or not sys.stdout.isatty()):
        raise UsageError(
            "--watch draws on a terminal", hint="leave it out, and ask again when you want to know"
        )
    manifest = load_project(folder, stage, instance).manifest

    def look() -> str:
        with observe(manifest, compile_builds(manifest)) as seen:
            rows = service_rows(seen.desired, seen.observed, reconcile(seen.desired, seen.observed))
            show = status_json if output is Format.JSON else status_text
            return show(manifest, seen.observed.engine, rows)

    if watch:
        _watched(look)
    else:
        sys.stdout.write(look())


def _watched(look: Callable[[], str]) -> None:
    """Draw it again and again, on a screen of its own; an engine that is gone for a while is told there."""
    import time

    from rich.live import Live
    from rich.text import Text

    from shipyard.errors import ShipyardError

    with Live(screen=True, auto_refresh=False) as screen:
        while True:
            try:
                shown = look()
            except ShipyardError as error:
                shown = f"error: {error}"
            screen.update(
                Text(f"{shown}\n{time.strftime('%H:%M:%S')}, every {SECONDS:g} s, Ctrl-C ends it"),
                refresh=True,
            )
            time.sleep(SECONDS)
