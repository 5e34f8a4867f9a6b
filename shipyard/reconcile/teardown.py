"""The plan of `down`: pure. Containers and networks go, volumes stay unless they are asked for."""

from __future__ import annotations

import re

from shipyard.compile import labels
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Observed
from shipyard.model.plan import (
    Operation,
    Plan,
    ReasonCause,
    RemoveNetwork,
    RemoveSecret,
    RemoveService,
    RemoveVolume,
)
from shipyard.reconcile.reconcile import in_order

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


def teardown(manifest: Manifest, observed: Observed, *, volumes: bool = False) -> Plan:
    """Remove what is owned: services before what they need, then networks, secret files, and volumes
    when asked. A network that someone else's container is on stays."""
    asked = (ReasonCause(reason="removed", text="down"),)
    observed = in_order(observed)
    order = {service.name: service.needs for service in manifest.services}
    names = sorted({one.service for one in observed.containers})
    names.sort(key=lambda name: (-_depth(order, name), name))
    operations: list[Operation] = [
        RemoveService(
            address=f"service.{name}",
            causes=asked,
            containers=tuple(one.id for one in observed.containers if one.service == name),
            after=tuple(f"service.{user}/remove" for user in names if name in _all_needs(order, user)),
        )
        for name in names
    ]
    gone = tuple(operation.id for operation in operations)
    for network in observed.networks:
        busy = any(network.name in foreign.networks for foreign in observed.foreign)
        if network.owned and not busy:
            address = f"network.{network.name.removeprefix(manifest.deployment + '_')}"
            operations.append(RemoveNetwork(address=address, causes=asked, after=gone, network=network.id))
    for name in sorted({name for one in observed.containers for name in one.volumes}) if volumes else ():
        # An image's own volume that nobody named: it belongs to the container it was made for.
        if _ANONYMOUS.fullmatch(name) and not any(name in foreign.volumes for foreign in observed.foreign):
            address = f"volume.{name[:12]}"
            operations.append(RemoveVolume(address=address, causes=asked, after=gone, volume=name))
    for volume in observed.volumes:
        if not volume.owned:
            continue
        short = volume.name.removeprefix(manifest.deployment + "_")
        if volume.labels.get(labels.ROLE) == "secrets":
            operations.append(
                RemoveSecret(address=f"secret.{short}", causes=asked, after=gone, volume=volume.name)
            )
        elif volumes:
            operations.append(
                RemoveVolume(address=f"volume.{short}", causes=asked, after=gone, volume=volume.name)
            )
    return Plan(
        project=manifest.name,
        stage=manifest.stage,
        instance=manifest.instance,
        deployment=manifest.deployment,
        engine=observed.engine,
        operations=tuple(operations),
    )


def _depth(needs: dict[str, tuple[str, ...]], name: str) -> int:
    """How many others in a row it needs: what nobody needs stops first."""
    return 1 + max((_depth(needs, need) for need in needs.get(name, ()) if need in needs), default=0)


def _all_needs(needs: dict[str, tuple[str, ...]], name: str) -> set[str]:
    """What a service needs, and what that needs."""
    direct = needs.get(name, ())
    return set(direct).union(*(_all_needs(needs, need) for need in direct))
