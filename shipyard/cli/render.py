"""`shipyard render DIR`: Dockerfiles and a Compose file for people, or exactly what apply uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage


def render(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made when missing.")],
    stage: Stage = None,
    instance: Instance = None,
    applied: Annotated[
        bool, typer.Option("--applied", help="Byte for byte what apply feeds to Compose and Buildx.")
    ] = False,
    folder: Folder = Path(),
) -> None:
    """Write Dockerfiles and a compose.yaml that need no Shipyard: portable, readable, ready to commit.

    Example: shipyard render deploy
    """
    from shipyard.cli.loading import load_project
    from shipyard.cli.project import observe
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.engine.http import EngineUnreachable
    from shipyard.render.files import rendered_files, write_files

    manifest = load_project(folder, stage, instance).manifest
    builds = compile_builds(manifest)
    try:
        # The engine knows the key of the secrets' digests, which are in the services' labels.
        with observe(manifest, builds) as seen:
            desired = seen.desired
    except EngineUnreachable:
        desired = compile_desired(manifest, builds)
    written = write_files(target, rendered_files(desired, target, applied=applied))
    for path in written:
        print(path)
