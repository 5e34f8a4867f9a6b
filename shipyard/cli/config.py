"""`shipyard config`: the merged manifest of a stage, with the origin of each value."""

from __future__ import annotations

import sys
from pathlib import Path

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage


def config(
    stage: Stage = None, instance: Instance = None, output: Output = Format.TEXT, folder: Folder = Path()
) -> None:
    """Print the merged result for a stage, and where each value comes from.

    Example: shipyard config --stage prod
    """
    from shipyard.cli.loading import load_project
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.render.config import config_json, config_rows, config_text

    loaded = load_project(folder, stage, instance)
    builds = compile_builds(loaded.manifest)
    rows = config_rows(loaded, compile_desired(loaded.manifest, builds), builds)
    sys.stdout.write((config_json if output is Format.JSON else config_text)(loaded.manifest, rows))
