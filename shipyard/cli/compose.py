"""`shipyard compose -- ARGS`: Compose with the right project, model and engine, for everything else."""

from __future__ import annotations

import os
import subprocess
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
    "scale": "replicas in shipyard.toml, then shipyard apply",
    "build": "shipyard build",
    "pull": "shipyard apply",
    "push": "the registry's own tools",
    "watch": "shipyard apply",
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
    from shipyard.cli.project import load_project, observe
    from shipyard.compile.builds import compile_builds
    from shipyard.targets.compose.command import compose as bind
    from shipyard.targets.compose.command import docker_missing
    from shipyard.targets.compose.model import compose_model, variable

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
    manifest = load_project(folder, stage, instance).manifest
    with observe(manifest, compile_builds(manifest)) as seen:
        used = {name for spec in seen.desired.services for name in spec.secrets}
        values = {variable("applied", name): seen.values.values.get(name, "") for name in used}
        model = compose_model(seen.desired)
        with bind(seen.connection, seen.desired.deployment, model, values, os.environ) as bound:
            line = ["docker", "compose", "-p", bound.deployment, "-f", str(bound.file)]
            try:
                return subprocess.run(
                    [*line, "--env-file", os.devnull, *words], env=dict(bound.environment), check=False
                ).returncode
            except FileNotFoundError as error:
                raise docker_missing() from error
