"""In-place repairs of containers that are as declared: unpaused, connected, limits put back, started."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Network
from shipyard.model.plan import (
    ConnectService,
    DriftCause,
    Operation,
    StartService,
    UnpauseService,
    UpdateService,
)
from shipyard.reconcile.limits import limits_drift


def repairs(
    spec: ServiceSpec,
    containers: tuple[Container, ...],
    recreated: frozenset[str],
    unknown: frozenset[str],
    networks: Mapping[str, Network | None],
    others: frozenset[str],
) -> list[Operation]:
    """`networks` are those that are there, by name; None for one that this plan replaces, which joins its
    containers again itself. A paused container in `recreated` is unpaused too: Compose cannot recreate it
    while it is paused. What those in `unknown` should run with is not known here. `others` are the names of
    other services.
    """
    address = f"service.{spec.name}"
    made: list[Operation] = []
    paused = [container for container in containers if container.state == "paused"]
    if paused:
        made.append(
            UnpauseService(
                address=address,
                causes=(state_drift("paused"),),
                containers=tuple(container.id for container in paused),
            )
        )
    kept = [container for container in containers if container.id not in recreated]
    known = [container for container in kept if container.id not in unknown]
    if "network_mode" not in spec.compose:
        made += _connect(spec, kept, unknown, networks, names_of_others(spec, others))
    limits = {container.id: limits_drift(spec, container) for container in known}
    drifted = tuple(container for container in known if limits[container.id])
    if drifted:
        made.append(
            UpdateService(
                address=address,
                causes=tuple(dict.fromkeys(cause for one in drifted for cause in limits[one.id])),
                containers=tuple(container.id for container in drifted),
            )
        )
    stopped = tuple(container for container in kept if is_down(spec, container))
    if stopped:
        made.append(
            StartService(
                address=address,
                causes=tuple(
                    state_drift(found) for found in sorted({state_text(container) for container in stopped})
                ),
                containers=tuple(container.id for container in stopped),
            )
        )
    return made


def _connect(
    spec: ServiceSpec,
    kept: list[Container],
    unknown: frozenset[str],
    networks: Mapping[str, Network | None],
    others: frozenset[str],
) -> list[Operation]:
    links: list[tuple[str, str]] = []
    unlinks: list[tuple[str, str]] = []
    causes: dict[DriftCause, None] = {}
    for container in kept:
        wanted = container.networks if container.id in unknown else spec.networks
        for name, cause in connections_drift(spec.name, wanted, container, networks, others).items():
            causes[cause] = None
            if name in container.networks:
                unlinks.append((container.id, name))
            if name in wanted:
                links.append((container.id, name))
    if not causes:
        return []
    return [
        ConnectService(
            address=f"service.{spec.name}",
            causes=tuple(causes),
            links=tuple(links),
            unlinks=tuple(unlinks),
        )
    ]


def connections_drift(
    service: str,
    wanted: tuple[str, ...],
    container: Container,
    networks: Mapping[str, Network | None],
    others: frozenset[str],
) -> dict[str, DriftCause]:
    """By network, what is wrong with a container's place on it."""
    return {
        name: DriftCause(
            path=f"networks.{name}",
            declared="connected" if name in wanted else "not connected",
            found=found,
        )
        for name in sorted({*wanted, *container.networks})
        if (found := _endpoint(service, wanted, container, name, networks, others)) is not None
    }


def _endpoint(
    service: str,
    wanted: tuple[str, ...],
    container: Container,
    name: str,
    networks: Mapping[str, Network | None],
    others: frozenset[str],
) -> str | None:
    """What is wrong with a container's place on one network, in words; None when nothing is."""
    if name not in container.networks:
        return "disconnected"
    if name not in wanted:
        return "connected by hand"
    if name in networks and networks[name] is None:
        return None
    network = networks.get(name)
    recorded = container.network_ids.get(name)
    if recorded and (network is None or network.id != recorded):
        return "connected to an earlier network of this name"
    if name in container.aliases and service not in container.aliases[name]:
        return f"connected without the name {service}"
    if taken := sorted(others.intersection(container.aliases.get(name, ()))):
        return f"connected with the name {taken[0]}, which is another's"
    return None


def names_of_others(spec: ServiceSpec, others: frozenset[str]) -> frozenset[str]:
    """Names that its containers are not to have: further ones may be passed through, on purpose another's."""
    return frozenset() if "networks" in spec.compose else others


def is_down(spec: ServiceSpec, container: Container) -> bool:
    if container.state not in ("exited", "created"):
        return False
    finished = container.state == "exited" and container.exit_code == 0
    return not (finished and spec.restart.partition(":")[0] in ("no", "on-failure"))


def state_drift(found: str) -> DriftCause:
    return DriftCause(path="state", declared="running", found=found)


def state_text(container: Container) -> str:
    if container.state == "exited":
        return f"exited with code {container.exit_code}"
    return container.state
