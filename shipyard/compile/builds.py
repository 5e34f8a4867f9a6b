"""Build plans for every image that the deployment makes, one for each service that owns one."""

from __future__ import annotations

import os

from shipyard.compile.desired import image_owner
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.manifest import Manifest


def compile_builds(manifest: Manifest) -> dict[str, tuple[Detected, BuildPlan]]:
    """Detect and compile each image, by the name of its owner. Raises ErrorGroup with every error."""
    made: dict[str, tuple[Detected, BuildPlan]] = {}
    errors: list[ShipyardError] = []
    owners = [service for service in manifest.services if image_owner(service) == service.name]
    if not owners:
        return made
    # Detection loads parsers that a project of ready images does not need.
    from shipyard.compile.image import plan_build
    from shipyard.source import SourceTree

    tree = SourceTree(manifest.root, os.environ)
    for service in owners:
        sharers = tuple(other for other in manifest.services if other.like == service.name)
        try:
            made[service.name] = plan_build(service, sharers, manifest, tree)
        except ShipyardError as error:
            error.where = error.where or f"services.{service.name}"
            errors.append(error)
    if errors:
        raise ErrorGroup(tuple(errors))
    tree.remember()
    return made
