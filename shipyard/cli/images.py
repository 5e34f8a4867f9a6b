"""`shipyard images`: what a stage's services run from."""

from __future__ import annotations

from pathlib import Path

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage


def images(
    stage: Stage = None, instance: Instance = None, output: Output = Format.TEXT, folder: Folder = Path()
) -> None:
    """Show the images of a stage's services, and the project's others on this engine, with who uses them.

    Example: shipyard images --stage prod
    """
    import os

    from shipyard.cli.loading import load_project
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.engine.connect import connect
    from shipyard.engine.stored import stored_images
    from shipyard.render.images import image_rows, images_json, images_text

    manifest = load_project(folder, stage, instance).manifest
    desired = compile_desired(manifest, compile_builds(manifest))
    with connect(manifest.engine, os.environ) as connection:
        rows = image_rows(desired, stored_images(connection))
    print((images_json if output is Format.JSON else images_text)(manifest, rows), end="")
