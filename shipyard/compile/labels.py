"""The labels by which Shipyard knows what it owns. Nothing without them is ever touched."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.manifest import Manifest

PROJECT = "shipyard.project"
STAGE = "shipyard.stage"
INSTANCE = "shipyard.instance"
SERVICE = "shipyard.service"
SPEC = "shipyard.spec"
JOB = "shipyard.job"
INPUTS = "shipyard.inputs"
RECIPE = "shipyard.recipe"
IMAGE = "shipyard.image"
"""On an image: the repository that it was built for, which it tells when no tag does any more."""
ROLE = "shipyard.role"
KEY = "shipyard.key"
DATABASE = "shipyard.database"
LEASE = "shipyard.lease"
LEASE_ROLE = "lease"
RESTORE_ROLE = "restore"
MODE = "shipyard.mode"
"""On a container that `shipyard dev` may bring edits into."""
EDITED = "/.shipyard-edited"
"""A file in such a container that says of it that its source is no longer its image's."""
REPLICAS = "shipyard.replicas"
COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_SERVICE = "com.docker.compose.service"
COMPOSE_NUMBER = "com.docker.compose.container-number"
COMPOSE_ONEOFF = "com.docker.compose.oneoff"
COMPOSE_NETWORK = "com.docker.compose.network"
COMPOSE_VOLUME = "com.docker.compose.volume"


def ownership(project: str, stage: str, instance: str | None) -> dict[str, str]:
    """The labels on everything that belongs to one deployment."""
    labels = {PROJECT: project, STAGE: stage}
    if instance:
        labels[INSTANCE] = instance
    return labels


def owner(found: Mapping[str, str] | None) -> str:
    """Whose something is by its labels, such as "shop, stage dev, instance pr-1"; "" where it is nobody's
    that uses Shipyard."""
    found = found or {}
    if not (found.get(PROJECT) and found.get(STAGE)):
        return ""
    instance = f", instance {found[INSTANCE]}" if found.get(INSTANCE) else ""
    return f"{found[PROJECT]}, stage {found[STAGE]}{instance}"


def of_services(manifest: Manifest) -> dict[str, str]:
    """The labels on the containers of a deployment's services, and on no job's and no one-off's."""
    return {
        **ownership(manifest.name, manifest.stage, manifest.instance),
        COMPOSE_ONEOFF: "False",
        COMPOSE_PROJECT: manifest.deployment,
    }


def owned(found: Mapping[str, str] | None, ownership: Mapping[str, str]) -> bool:
    """Whether labels are exactly those of the deployment (an instance's are not its stage's)."""
    if not found:
        return False
    return all(found.get(key) == ownership.get(key) for key in (PROJECT, STAGE, INSTANCE))
