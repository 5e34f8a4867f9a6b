"""Networks, volumes, the secrets' key and files: what is missing, and what is no longer wanted."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.compile.storage import key_volume
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import (
    CreateKey,
    CreateNetwork,
    CreateSecret,
    CreateVolume,
    FieldCause,
    Operation,
    ReasonCause,
    RemoveNetwork,
    RemoveSecret,
    RemoveService,
    ReplaceNetwork,
)
from shipyard.reconcile.problems import network_document

KEY_ADDRESS = "secret.shipyard.key"
"""No service's name holds a point, so that no service's files share it."""


def resources(desired: Desired, observed: Observed, wanting: set[str]) -> list[Operation]:
    made: list[Operation] = []
    networks = {network.name: network for network in observed.networks}
    new = ReasonCause(reason="new", text="declared and not there")
    for network in desired.networks:
        there = networks.get(network.name)
        if network.external:
            continue
        if there is None:
            made.append(CreateNetwork(address=f"network.{network.key}", causes=(new,)))
        elif there.owned and there.labels.get(labels.SPEC) != network_document(network):
            cause = FieldCause(
                path="settings", before=there.labels.get(labels.SPEC), after=network_document(network)
            )
            made.append(ReplaceNetwork(address=f"network.{network.key}", causes=(cause,), network=there.id))
    volumes = {volume.name for volume in observed.volumes}
    made += [
        CreateVolume(address=f"volume.{volume.key}", causes=(new,))
        for volume in desired.volumes
        if not volume.external and volume.name not in volumes
    ]
    if any(spec.secrets for spec in desired.services) and key_volume(desired.deployment) not in volumes:
        why = ReasonCause(reason="new", text="the key that digests this stage's secrets")
        made.append(CreateKey(address=KEY_ADDRESS, causes=(why,)))
    # A volume that no container mounts may have been made by an apply that was killed before it filled it.
    filled = {name for container in observed.containers for name in container.volumes} & volumes
    for secret in desired.secret_volumes:
        if secret.name not in filled and secret.service in wanting:
            why = ReasonCause(reason="new", text=f"secret files of {secret.service}")
            made.append(CreateSecret(address=f"secret.{secret.service}", causes=(why,), volume=secret.name))
    return made


def removals(
    desired: Desired, observed: Observed
) -> tuple[list[RemoveService], list[RemoveService], list[RemoveNetwork | RemoveSecret]]:
    """Orphaned services that hold a port which a desired one wants, the other orphaned services, and
    networks and secret files that are no longer used."""
    early: list[RemoveService] = []
    leaving: list[RemoveService] = []
    late: list[RemoveNetwork | RemoveSecret] = []
    declared = {spec.name for spec in desired.services}
    wanted = {publish.host_port for spec in desired.services for publish in spec.publish}
    for name in sorted({one.service for one in observed.containers} - declared):
        containers = [one for one in observed.containers if one.service == name]
        cause = ReasonCause(reason="removed", text="no longer declared")
        removal = RemoveService(
            address=f"service.{name}", causes=(cause,), containers=tuple(one.id for one in containers)
        )
        blocked = any(port.host_port in wanted for one in containers for port in one.ports)
        (early if blocked else leaving).append(removal)
    kept = {secret.name for secret in desired.secret_volumes}
    unknown = {
        secret.service
        for secret in desired.secret_volumes
        if any(desired.service(secret.service).secrets.get(file.source) is None for file in secret.files)
    }
    for volume in observed.volumes:
        service = volume.labels.get(labels.SERVICE, "")
        if not volume.owned or volume.labels.get(labels.ROLE) != "secrets" or volume.name in kept:
            continue
        if service not in unknown:
            cause = ReasonCause(reason="unused", text="an earlier version of its secret files")
            address = f"secret.{volume.name.removeprefix(desired.deployment + '_')}"
            late.append(RemoveSecret(address=address, causes=(cause,), volume=volume.name))
    used = {network.name for network in desired.networks}
    for network in observed.networks:
        busy = any(network.name in foreign.networks for foreign in observed.foreign)
        if network.owned and network.name not in used and not busy:
            cause = ReasonCause(reason="removed", text="no longer declared")
            address = f"network.{network.name.removeprefix(desired.deployment + '_')}"
            late.append(RemoveNetwork(address=address, causes=(cause,), network=network.id))
    return early, leaving, late
