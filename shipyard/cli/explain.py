"""`shipyard explain`: every decision with its evidence."""

from __future__ import annotations

import sys
from pathlib import Path

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Services, Stage


def explain(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    folder: Folder = Path(),
) -> None:
    """Show what was detected or decided for each service, from what, and which files its image leaves out.

    Example: shipyard explain web
    """
    from shipyard.cli.loading import load_project
    from shipyard.cli.services import known_services
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.render.explain import explain_json, explain_text
    from shipyard.source import SourceTree

    manifest = load_project(folder, stage, instance).manifest
    names = known_services(manifest, services)
    desired = compile_desired(manifest, compile_builds(manifest))
    tree = SourceTree(manifest.root)
    sizes = {plan.service: tree.size(plan.context, plan.files) for plan in desired.images}
    sys.stdout.write((explain_json if output is Format.JSON else explain_text)(desired, names, sizes))
