"""What a plan rests on: for each address that it touches or waits for, a digest of what was observed there.

A saved plan holds them, and is stale where one is no longer the same. A change elsewhere is none of its
business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.references import image_id
from shipyard.compile.spec import canonical
from shipyard.compile.storage import key_volume
from shipyard.manifest.sharing import host_services
from shipyard.model.desired import Desired
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import CreateService, Operation, ReplaceService, RunJob, ScaleService

_MAKERS = (CreateService, ReplaceService, ScaleService, RunJob)


def preconditions(
    desired: Desired, observed: Observed, operations: tuple[Operation, ...]
) -> Mapping[str, str]:
    """SHA-256 of the state of each address, sorted by address: of what the operations touch, of the
    services that those need, live in or were before, of the networks and volumes that all these are given,
    and of the images that containers are made from."""
    addresses = {operation.address for operation in operations}
    touched = {address.partition(".")[2] for address in addresses if address.startswith(("service.", "job."))}
    changed = [spec for spec in desired.services if spec.name in touched]
    needs = {need for spec in changed for need in (*spec.needs, *host_services(spec.compose))}
    addresses |= {f"service.{need}" for need in needs}
    given = [spec for spec in desired.services if spec.name in touched | needs]
    networks = {name for spec in given for name in spec.networks}
    addresses |= {f"network.{one.key}" for one in desired.networks if one.name in networks}
    mounted = {mount.source for spec in given for mount in spec.volumes if mount.kind == "volume"}
    addresses |= {f"volume.{one.key}" for one in desired.volumes if one.name in mounted}
    # What runs or ran under an earlier name.
    earlier = {spec.was for spec in changed if spec.was is not None}
    addresses |= {f"{kind}.{name}" for name in earlier for kind in ("service", "job")}
    made_from = {one.name for one in operations if isinstance(one, _MAKERS)}
    addresses |= {f"image.{spec.built or spec.name}" for spec in desired.services if spec.name in made_from}
    return {address: _digest(address, desired, observed) for address in sorted(addresses)}


def changed_addresses(before: Mapping[str, str], desired: Desired, observed: Observed) -> tuple[str, ...]:
    """The addresses whose recorded state is not the state now."""
    return tuple(
        address for address in sorted(before) if before[address] != _digest(address, desired, observed)
    )


def _digest(address: str, desired: Desired, observed: Observed) -> str:
    text = canonical(_state(address, desired, observed))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _state(address: str, desired: Desired, observed: Observed) -> object:
    kind, _, name = address.partition(".")
    match kind:
        case "service":
            found = [one for one in observed.containers if one.service == name and one.job is None]
            return sorted((_container(one) for one in found), key=canonical)
        case "job":
            found = [one for one in observed.containers if one.service == name and one.job is not None]
            return sorted([one.id, one.state, one.exit_code] for one in found)
        case "image":
            references = {spec.image for spec in desired.services if name in (spec.built, spec.name)}
            return sorted([one, image_id(observed.images, one)] for one in references)
        case "network":
            wanted = next((one.name for one in desired.networks if one.key == name), None)
            names = (wanted or f"{desired.deployment}_{name}", name)
            return sorted(
                [one.id, one.labels.get(labels.SPEC)] for one in observed.networks if one.name in names
            )
        case "volume":
            wanted = next((one.name for one in desired.volumes if one.key == name), None)
            names = (wanted or f"{desired.deployment}_{name}", name)
            return sorted(
                [one.name, one.labels.get(labels.SPEC)] for one in observed.volumes if one.name in names
            )
        case _:
            key = key_volume(desired.deployment)
            return sorted(
                one.name
                for one in observed.volumes
                if one.owned and (one.name == key or one.labels.get(labels.ROLE) == "secrets")
            )


def _container(one: Container) -> list[object]:
    up = one.state in ("running", "restarting")
    # A container that was started and stopped again since is another one for a plan to start it.
    state = ["up"] if up else [one.state, one.started_at]
    limits = [one.restart, float(one.cpus), one.memory, dict(one.limits)]
    networks = sorted(
        [name, one.network_ids.get(name, ""), *sorted(one.aliases.get(name, ()))] for name in one.networks
    )
    return [one.id, one.name, one.image_id, canonical(one.spec), state, networks, limits, sorted(one.shares)]
