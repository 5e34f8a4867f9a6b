"""`shipyard status`: what runs."""

from __future__ import annotations

import sys
from pathlib import Path

from shipyard.cli.options import Folder, Format, Instance, Output, Stage


def status(
    stage: Stage = None, instance: Instance = None, output: Output = Format.TEXT, folder: Folder = Path()
) -> None:
    """Show each service's state, health and URL, and what is not as declared.

    Example: shipyard status --format json
    """
    from shipyard.cli.project import load_project, observe
    from shipyard.compile.builds import compile_builds
    from shipyard.reconcile.reconcile import reconcile
    from shipyard.render.status import service_rows, status_json, status_text

    manifest = load_project(folder, stage, instance).manifest
    with observe(manifest, compile_builds(manifest)) as seen:
        rows = service_rows(seen.desired, seen.observed, reconcile(seen.desired, seen.observed))
        show = status_json if output is Format.JSON else status_text
        sys.stdout.write(show(manifest, seen.observed.engine, rows))
