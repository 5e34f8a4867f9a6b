"""Compose for what Shipyard has no command for, with the project, the model and the engine set."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.model.desired import Desired


@contextmanager
def composed(
    folder: Path, stage: str | None, instance: str | None, service: str | None = None
) -> Iterator[tuple[Observation, list[str], Mapping[str, str]]]:
    """(what is there, the words that a Compose command goes after, its environment), for a block: secrets'
    values are in the environment alone. `service` is one that runs from the image that is deployed, where
    that of the source as it is was not made yet. Raises ShipyardError."""
    from shipyard.cli.loading import load_project
    from shipyard.cli.project import observe
    from shipyard.compile.builds import compile_builds
    from shipyard.targets.compose.command import compose
    from shipyard.targets.compose.model import compose_model, variable

    manifest = load_project(folder, stage, instance).manifest
    with observe(manifest, compile_builds(manifest)) as seen:
        used = {name for spec in seen.desired.services for name in spec.secrets}
        values = {variable("applied", name): seen.values.values.get(name, "") for name in used}
        model = compose_model(_as_deployed(seen, service) if service else seen.desired)
        with compose(seen.connection, seen.desired.deployment, model, values, os.environ) as bound:
            line = ["docker", "compose", "-p", bound.deployment, "-f", str(bound.file)]
            yield seen, [*line, "--env-file", os.devnull], bound.environment


def _as_deployed(seen: Observation, service: str) -> Desired:
    from shipyard.compile.references import image_id
    from shipyard.model.record import replace

    running = [one for one in seen.observed.containers if one.service == service and not one.one_off]
    spec = next((one for one in seen.desired.services if one.name == service), None)
    if spec is None or not running or image_id(seen.observed.images, spec.image) is not None:
        return seen.desired
    print(
        f"note: the source was edited; {service} runs here from the image that is deployed", file=sys.stderr
    )
    changed = replace(spec, image=running[0].image)
    services = tuple(changed if one is spec else one for one in seen.desired.services)
    return replace(seen.desired, services=services)
