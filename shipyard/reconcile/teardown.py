"""The plan of `down`: pure. Containers and networks go, volumes stay unless they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

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
    notes: list[str] = []
    for network in observed.networks:
        strangers = [foreign.name for foreign in observed.foreign if network.name in foreign.networks]
        short = network.name.removeprefix(manifest.deployment + "_")
        if network.owned and strangers:
            notes.append(f"network {short} stays: {', '.join(strangers)} is on it, and is not of this stage")
        elif network.owned:
            operations.append(
                RemoveNetwork(address=f"network.{short}", causes=asked, after=gone, network=network.id)
            )
    for name in sorted(_unnamed(manifest, observed)) if volumes else ():
        if not any(name in foreign.volumes for foreign in observed.foreign):
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
        notes=tuple(notes),
    )


def _unnamed(manifest: Manifest, observed: Observed) -> set[str]:
    """Volumes that an image declares and nobody named: they belong to the containers they were made for.
    What a container records as mounted, or the manifest names, is somebody's, whatever its name looks
    like."""
    named = {volume.name for volume in manifest.volumes}
    found: set[str] = set()
    for one in observed.containers:
        document = one.spec or one.job
        recorded = document.get("volumes", {}) if document is not None else None
        if isinstance(recorded, Mapping):
            found |= {
                name
                for target, name in one.anonymous.items()
                if name in one.volumes
                and recorded.get(target) in (None, "anonymous", "anonymous:ro")
                and name not in named
            }
            named |= {str(source).removesuffix(":ro") for source in recorded.values()}
    return found - {name for name in named if name is not None}


def _depth(needs: dict[str, tuple[str, ...]], name: str) -> int:
    """How many others in a row it needs: what nobody needs stops first."""
    return 1 + max((_depth(needs, need) for need in needs.get(name, ()) if need in needs), default=0)


def _all_needs(needs: dict[str, tuple[str, ...]], name: str) -> set[str]:
    """What a service needs, and what that needs."""
    direct = needs.get(name, ())
    return set(direct).union(*(_all_needs(needs, need) for need in direct))
