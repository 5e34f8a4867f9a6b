"""`shipyard compose -- ARGS`: Compose with the right project, model and engine, for everything else."""

from __future__ import annotations

from pathlib import Path

import typer

from shipyard.cli.options import Folder, Instance, Stage
from shipyard.errors import UsageError

CONTEXT = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": ["--help"],
}
_REFUSED = {
    "up": "shipyard apply",
    "create": "shipyard apply",
    "down": "shipyard down",
    "rm": "shipyard down, or remove the service from shipyard.toml and apply",
    "scale": "shipyard scale, or replicas in shipyard.toml",
    "build": "shipyard build",
    "pull": "shipyard apply",
    "push": "shipyard build --push",
    "watch": "shipyard dev",
    "publish": "shipyard render",
    "commit": "shipyard build",
    "bridge": "shipyard render",
}


def compose(
    context: typer.Context, stage: Stage = None, instance: Instance = None, folder: Folder = Path()
) -> int:
    """Run a Compose command on this project; what would change the model is refused.

    Example: shipyard compose -- logs -f web
    """
    from shipyard.cli.composing import composed
    from shipyard.cli.running import beside

    words = context.args
    command = next((word for word in words if not word.startswith("-")), None)
    if command is None or words[0] != command:
        raise UsageError(
            "name a Compose command first, without global options",
            hint="project, files and engine are set already: shipyard compose -- ps",
        )
    if command in _REFUSED:
        raise UsageError(
            f"compose {command} would change what shipyard.toml decides", hint=f"use {_REFUSED[command]}"
        )
    if command in ("config", "convert"):
        # What it prints is for people and logs, and would hold the values of secrets.
        shown = next((word for word in words if word.partition("=")[0] == "--environment"), None)
        if shown is not None:
            raise UsageError(f"{shown} would print the values of secrets", hint="leave it out")
        # The last of an option counts.
        words = [*words, "--no-interpolate"]
    with composed(folder, stage, instance) as (_, line, environment):
        return beside([*line, *words], environment)
