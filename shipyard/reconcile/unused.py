"""Networks and secret files that nothing uses once a plan is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shipyard.compile import labels
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import (
    ConnectService,
    MendService,
    Operation,
    ReasonCause,
    RemoveNetwork,
    RemoveRecords,
    RemoveSecret,
    RemoveService,
    ReplaceService,
    RunJob,
    ScaleService,
    StartService,
)


def unused(
    desired: Desired, observed: Observed, operations: Sequence[Operation], awaited: frozenset[str]
) -> list[RemoveSecret | RemoveNetwork]:
    """`operations` are all that is done before; of the runs in `awaited` one may be kept as the record.

    An engine refuses to remove a volume that any container mounts, and a network that a running one is on:
    those of a record that stays good, or of someone's own `run`, are left until it is gone.
    """
    made: list[RemoveSecret | RemoveNetwork] = []
    gone = removed_by(operations) - awaited
    staying = [one for one in observed.containers if one.id not in gone]
    mounted = {volume for one in staying for volume in one.volumes}
    kept = {secret.name for secret in desired.secret_volumes} | mounted
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
            made.append(RemoveSecret(address=address, causes=(cause,), volume=volume.name))
    used = {network.name for network in desired.networks}
    used |= {network for foreign in observed.foreign for network in foreign.networks}
    connects = [one for one in operations if isinstance(one, ConnectService)]
    taken_off = {link for one in connects for link in one.unlinks if link not in one.links}
    started = {each for one in operations if isinstance(one, StartService) for each in one.containers}
    # A run that is waited for has ended by then.
    running = {one.id for one in staying if one.at_work} - awaited | started
    used |= {
        network
        for one in staying
        if one.id in running
        for network in one.networks
        if (one.id, network) not in taken_off
    }
    for network in observed.networks:
        if network.owned and network.name not in used:
            cause = ReasonCause(reason="removed", text="no longer declared")
            address = f"network.{network.name.removeprefix(desired.deployment + '_')}"
            made.append(RemoveNetwork(address=address, causes=(cause,), network=network.id))
    return made


def removed_by(operations: Iterable[Operation]) -> frozenset[str]:
    """The ids of containers that are gone after these operations."""
    return frozenset(one for operation in operations for one in _removed(operation))


def _removed(operation: Operation) -> Iterable[str]:
    """The ids of containers that are gone after an operation."""
    match operation:
        case RemoveService() | RemoveRecords():
            return operation.containers
        case ReplaceService():
            return (*operation.containers, *operation.carried)
        case ScaleService():
            return operation.removed
        case RunJob():
            return operation.records
        case MendService():
            return operation.remove
        case _:
            return ()
