"""`shipyard build`: make the images and stop there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Services, Stage
from shipyard.errors import UsageError


def build(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
    folder: Folder = Path(),
) -> None:
    """Build images, in parallel and with shared layers, and print their names.

    Example: shipyard build web --no-cache
    """
    from shipyard.cli.project import known_services, load_project
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import image_owner
    from shipyard.engine.buildx import bake
    from shipyard.engine.connect import connect
    from shipyard.engine.snapshot import snapshot

    manifest = load_project(folder, stage, instance).manifest
    named = known_services(manifest, services)
    wanted = {image_owner(service) for service in manifest.services if service.name in named}
    plans = [plan for owner, (_, plan) in compile_builds(manifest).items() if owner in wanted]
    if not plans:
        raise UsageError("none of these services is built from source", hint="`shipyard explain` lists them")
    with connect(manifest.engine, os.environ) as connection:
        # Asked before Buildx is, so that an engine that is not there is said in our own words.
        there = snapshot(connection, manifest, (plan.reference for plan in plans)).images
        missing = [plan for plan in plans if no_cache or plan.reference not in there]
        if missing:
            bake(
                connection,
                missing,
                manifest.root,
                cache=not no_cache,
                progress="auto" if sys.stderr.isatty() else "plain",
            )
    for plan in plans:
        print(plan.reference + ("" if plan in missing else "  (unchanged)"))
