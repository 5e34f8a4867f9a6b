"""What stops before another service is touched: it holds that one's port, or lives in its namespaces."""

from __future__ import annotations

from collections.abc import Sequence

from shipyard.manifest.sharing import shared_services
from shipyard.model.desired import ServiceSpec
from shipyard.model.manifest import Publish
from shipyard.model.observed import HostPort
from shipyard.model.plan import (
    CreateService,
    Operation,
    ReasonCause,
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


def early_stops(drafts: Sequence[ServiceDraft]) -> dict[str, list[StopService]]:
    """By service, what has to stop before it: containers of later services that are replaced anyway. The
    drafts of those no longer unpause them, nor promise that there is no interruption."""
    made: dict[str, list[StopService]] = {}
    stopped: set[str] = set()
    for index, draft in enumerate(drafts):
        for later in drafts[index + 1 :]:
            if later.spec.name in stopped:
                continue
            held = _port_holders(draft, later)
            text = f"{draft.spec.name} needs port {min(held.values(), default=0)}, which it holds"
            ids = tuple(held)
            if not held:
                ids = _guests(draft, later)
                text = f"it lives in {draft.spec.name}, which is replaced"
            if ids:
                stopped.add(later.spec.name)
                made.setdefault(draft.spec.name, []).append(
                    StopService(
                        address=f"service.{later.spec.name}",
                        causes=(ReasonCause(reason="dependency", text=text),),
                        containers=ids,
                    )
                )
                later.main = [
                    changed
                    for operation in later.main
                    if (changed := _after_a_stop(operation, later.spec, frozenset(ids))) is not None
                ]
    return made


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


def _guests(draft: ServiceDraft, later: ServiceDraft) -> tuple[str, ...]:
    """Containers that would die or lose their network in the middle of their work. They have time to end."""
    shared = {key: name for key, name in shared_services(later.spec.compose).items() if key != "volumes_from"}
    hosts = {
        one
        for operation in draft.main
        if isinstance(operation, ReplaceService)
        for one in operation.containers
    }
    if draft.spec.name not in shared.values():
        return ()
    return tuple(
        one.id
        for one in later.leaving
        if hosts & set(one.shares) and one.state in ("running", "restarting", "paused")
    )


def _after_a_stop(operation: Operation, spec: ServiceSpec, stopped: frozenset[str]) -> Operation | None:
    """The same operation on containers of which some were stopped before."""
    match operation:
        case UnpauseService():
            left = tuple(one for one in operation.containers if one not in stopped)
            return replace(operation, containers=left) if left else None
        case ReplaceService(strategy="start-first") if stopped & set(operation.containers):
            return replace(operation, strategy="stop-first", interruption=stopped_first(spec))
        case _:
            return operation
