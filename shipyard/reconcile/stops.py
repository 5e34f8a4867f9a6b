"""What stops before another service is touched: it holds that one's port or data, or lives in its
namespaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shipyard.compile.data import data_places
from shipyard.manifest.sharing import shared_services
from shipyard.model.manifest import Publish
from shipyard.model.observed import Container, HostPort
from shipyard.model.plan import (
    CreateService,
    Operation,
    ReasonCause,
    RemoveService,
    ReplaceService,
    ScaleService,
    StartService,
    StopService,
    UnpauseService,
)
from shipyard.model.record import replace
from shipyard.reconcile.replacing import stopped_first
from shipyard.reconcile.services import ServiceDraft

_BINDING = (CreateService, ReplaceService, ScaleService, StartService)
"""Operations that start containers, which take their ports."""


def overlaps(publish: Publish, port: HostPort) -> bool:
    """Whether both cannot be held at once: every address includes each single one."""
    if (publish.host_port, publish.protocol) != (port.host_port, port.protocol):
        return False
    anywhere = ("0.0.0.0", "::", "")
    return publish.host_ip == port.host_ip or publish.host_ip in anywhere or port.host_ip in anywhere


def stops_before_removals(
    removals: Sequence[RemoveService], drafts: Sequence[ServiceDraft]
) -> list[StopService]:
    """What lives in a service that is removed before anything else, and is replaced later on."""
    made: list[StopService] = []
    for removal in removals:
        for draft in drafts:
            ids = _guests(frozenset(removal.containers), draft)
            if ids and draft.spec.name not in {one.name for one in made}:
                text = f"it lives in {removal.name}, which is removed"
                made.append(_stopped(draft, ids, text))
    return made


def early_stops(
    drafts: Sequence[ServiceDraft], root: Path, before: Sequence[StopService] = ()
) -> dict[str, list[StopService]]:
    """By service, what has to stop before it, unless it did `before`: containers of later services that
    are replaced anyway. The drafts of those no longer unpause them, nor promise that there is no
    interruption."""
    made: dict[str, list[StopService]] = {}
    stopped = {one.name for one in before}
    changing = [draft for draft in drafts if draft.main]
    for index, draft in enumerate(changing):
        for later in changing[index + 1 :]:
            if later.spec.name in stopped:
                continue
            held = _port_holders(draft, later)
            text = f"{draft.spec.name} needs port {min(held.values(), default=0)}, which it holds"
            ids = tuple(held)
            if not ids:
                ids = _data_holders(draft, later, root)
                text = f"{draft.spec.name} takes over its data"
            if not ids:
                ids = _guests(_going(draft), later)
                replaces = any(isinstance(one, ReplaceService) for one in draft.main)
                becomes = "replaced" if replaces else "scaled down"
                text = f"it lives in {draft.spec.name}, which is {becomes}"
            if ids:
                stopped.add(later.spec.name)
                made.setdefault(draft.spec.name, []).append(_stopped(later, ids, text))
    return made


def _stopped(draft: ServiceDraft, ids: tuple[str, ...], text: str) -> StopService:
    """Stop containers of a draft, whose own operations then know of it."""
    draft.main = [
        changed
        for operation in draft.main
        if (changed := _after_a_stop(operation, draft, frozenset(ids))) is not None
    ]
    cause = ReasonCause(reason="dependency", text=text)
    return StopService(address=f"service.{draft.spec.name}", causes=(cause,), containers=ids)


def _port_holders(draft: ServiceDraft, later: ServiceDraft) -> dict[str, int]:
    """Containers of a later service that hold a port which is needed now, with the lowest such port."""
    makes = any(isinstance(one, _BINDING) for one in draft.main)
    return {
        one.id: min(ports)
        for one in (later.leaving if makes else ())
        if (
            ports := [
                publish.host_port
                for publish in draft.spec.publish
                if publish.host_port and any(overlaps(publish, port) for port in one.ports)
            ]
        )
    }


def _data_holders(draft: ServiceDraft, later: ServiceDraft, root: Path) -> tuple[str, ...]:
    """Containers of a later service that write to a database's data, on which another server starts now."""
    if not any(isinstance(one, _BINDING) for one in draft.main):
        return ()
    wanted = data_places(draft.spec, root)
    return tuple(one.id for one in later.leaving if wanted & one.places)


def _going(draft: ServiceDraft) -> frozenset[str]:
    return frozenset(
        one
        for operation in draft.main
        if isinstance(operation, ReplaceService | ScaleService)
        for one in (operation.containers if isinstance(operation, ReplaceService) else operation.removed)
    )


def _guests(hosts: frozenset[str], draft: ServiceDraft) -> tuple[str, ...]:
    """Containers that would die or lose their network in the middle of their work. They have time to end."""
    return tuple(
        one.id
        for one in draft.leaving
        if hosts & set(one.shares)
        and _in_namespaces(one)
        and one.state in ("running", "restarting", "paused")
    )


def _in_namespaces(container: Container) -> bool:
    """Who shares but volumes goes on when their container goes."""
    passed_through = (container.spec or {}).get("compose")
    shared = shared_services(passed_through) if isinstance(passed_through, Mapping) else ()
    return any(key != "volumes_from" for key, _ in shared)


def _after_a_stop(operation: Operation, draft: ServiceDraft, stopped: frozenset[str]) -> Operation | None:
    """The same operation on containers of which some were stopped before."""
    match operation:
        case UnpauseService():
            left = tuple(one for one in operation.containers if one not in stopped)
            return replace(operation, containers=left) if left else None
        case ReplaceService(strategy="start-first") if stopped & set(operation.containers):
            return replace(
                operation, strategy="stop-first", interruption=stopped_first(draft.spec, draft.leaving)
            )
        case _:
            return operation
