"""Networks, volumes, the secrets' key and files that are missing, and services that are no longer wanted."""

from __future__ import annotations

import re
from collections.abc import Collection

from shipyard.compile import labels
from shipyard.compile.data import data_places
from shipyard.compile.storage import key_volume
from shipyard.model.desired import Desired, VolumeSpec
from shipyard.model.observed import Container, Network, Observed
from shipyard.model.plan import (
    CreateKey,
    CreateNetwork,
    CreateSecret,
    CreateVolume,
    Operation,
    ReasonCause,
    RemoveService,
    ReplaceNetwork,
)
from shipyard.reconcile.leftovers import HELPER
from shipyard.reconcile.scale import recorded_replicas
from shipyard.reconcile.settings import network_causes

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
            gone = any(network.name in _recorded_networks(one) for one in observed.containers)
            made.append(CreateNetwork(address=f"network.{network.key}", causes=(_LOST if gone else new,)))
        elif there.owned and (causes := network_causes(network, there)):
            made.append(
                ReplaceNetwork(
                    address=f"network.{network.key}",
                    causes=causes,
                    network=there.id,
                    containers=tuple(one.id for one in observed.containers if network.name in one.networks),
                )
            )
    volumes = {volume.name for volume in observed.volumes}
    made += [
        CreateVolume(address=f"volume.{volume.key}", causes=(lost_data(volume, desired, observed) or new,))
        for volume in desired.volumes
        if not volume.external and volume.name not in volumes
    ]
    if any(spec.secrets for spec in desired.services) and key_volume(desired.deployment) not in volumes:
        why = ReasonCause(reason="new", text="the key that digests this stage's secrets")
        made.append(CreateKey(address=KEY_ADDRESS, causes=(why,)))
    # A volume that no container mounts may have been made by an apply that was killed before it filled it.
    mounted = [one for one in observed.containers if one.labels.get(labels.ROLE) != HELPER]
    filled = {name for container in mounted for name in container.volumes} & volumes
    for secret in desired.secret_volumes:
        if secret.name not in filled and secret.service in wanting:
            why = ReasonCause(reason="new", text=f"secret files of {secret.service}")
            made.append(CreateSecret(address=f"secret.{secret.service}", causes=(why,), volume=secret.name))
    return made


_LOST = ReasonCause(reason="missing", text="gone from the engine")


def _recorded_networks(container: Container) -> Collection[object]:
    recorded = (container.spec or {}).get("networks")
    return recorded if isinstance(recorded, Collection) else ()


def lost_data(volume: VolumeSpec, desired: Desired, observed: Observed) -> ReasonCause | None:
    """Why a volume is made that may have held data: a service that mounts it was applied, and of that no
    container is left to tell."""
    recorded = recorded_replicas(desired.deployment, observed)
    ran = recorded.keys() - {one.service for one in observed.containers}
    users = [
        spec.name
        for spec in desired.services
        if spec.name in ran and any(mount.source == volume.name for mount in spec.volumes)
    ]
    if not users:
        return None
    text = f"not there, though {users[0]} was applied before: what it held is gone, and it starts empty"
    return ReasonCause(reason="missing", text=text)


def networks_after(desired: Desired, observed: Observed) -> dict[str, Network | None]:
    """The networks that are there, by name; None for one whose settings changed, which is made anew."""
    there: dict[str, Network | None] = {network.name: network for network in observed.networks}
    for spec in desired.networks:
        network = there.get(spec.name)
        if not spec.external and network is not None and network.owned and network_causes(spec, network):
            there[spec.name] = None
    return there


def orphans(
    desired: Desired, observed: Observed, claimed: frozenset[str]
) -> tuple[list[RemoveService], list[RemoveService]]:
    """Orphaned services that hold a port, a name or a database's data which a desired one wants, and the
    other orphaned services. `claimed` are ids of containers that other operations take care of."""
    early: list[RemoveService] = []
    leaving: list[RemoveService] = []
    declared = {spec.name for spec in desired.services}
    wanted = {publish.host_port for spec in desired.services for publish in spec.publish}
    data = {
        place: spec.name for spec in desired.services for place in data_places(spec, desired.manifest.root)
    }
    names = f"{re.escape(desired.deployment)}-({'|'.join(map(re.escape, sorted(declared)))})-[0-9]+"
    for name in sorted({one.service for one in observed.containers} - declared):
        containers = [one for one in observed.containers if one.service == name and one.id not in claimed]
        if not containers:
            continue
        takers = sorted({data[held] for one in containers for held in one.places if held in data})
        text = f"no longer declared; {takers[0]} takes over its data" if takers else "no longer declared"
        cause = ReasonCause(reason="removed", text=text)
        removal = RemoveService(
            address=f"service.{name}", causes=(cause,), containers=tuple(one.id for one in containers)
        )
        blocked = bool(takers) or any(port.host_port in wanted for one in containers for port in one.ports)
        blocked |= any(re.fullmatch(names, one.name) for one in containers)
        (early if blocked else leaving).append(removal)
    return early, leaving
