"""`shipyard graph`: what needs what, drawn."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage


class Drawing(StrEnum):
    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    stage: Stage = None,
    instance: Instance = None,
    output: Annotated[Drawing, typer.Option("--format", help="How to draw it.")] = Drawing.MERMAID,
    folder: Folder = Path(),
) -> None:
    """Draw a stage's services, what they need, their ports, networks and volumes. No engine is asked.

    Example: shipyard graph --stage prod --format svg > prod.svg
    """
    from shipyard.cli.loading import load_project
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import compile_desired
    from shipyard.render.drawing import svg
    from shipyard.render.graph import graph_of, mermaid

    manifest = load_project(folder, stage, instance).manifest
    drawn = graph_of(compile_desired(manifest, compile_builds(manifest)))
    sys.stdout.write(svg(drawn) if output is Drawing.SVG else mermaid(drawn))
