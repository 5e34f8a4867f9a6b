"""Compose for what Shipyard has no command for, with the project, the model and the engine set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipyard.cli.project import Observation


@contextmanager
def composed(
    folder: Path, stage: str | None, instance: str | None
) -> Iterator[tuple[Observation, list[str], Mapping[str, str]]]:
    """(what is there, the words that a Compose command goes after, its environment), for a block: secrets'
    values are in the environment alone. Raises ShipyardError."""
    from shipyard.cli.project import load_project, observe
    from shipyard.compile.builds import compile_builds
    from shipyard.targets.compose.command import compose
    from shipyard.targets.compose.model import compose_model, variable

    manifest = load_project(folder, stage, instance).manifest
    with observe(manifest, compile_builds(manifest)) as seen:
        used = {name for spec in seen.desired.services for name in spec.secrets}
        values = {variable("applied", name): seen.values.values.get(name, "") for name in used}
        model = compose_model(seen.desired)
        with compose(seen.connection, seen.desired.deployment, model, values, os.environ) as bound:
            line = ["docker", "compose", "-p", bound.deployment, "-f", str(bound.file)]
            yield seen, [*line, "--env-file", os.devnull], bound.environment
