"""Ports of the host that move from one service to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shipyard.model.manifest import Publish
from shipyard.model.observed import Container, HostPort
from shipyard.model.plan import (
    CreateService,
    ReasonCause,
    ReplaceService,
    ScaleService,
    StopService,
    UnpauseService,
)
from shipyard.reconcile.services import ServiceDraft


def overlaps(publish: Publish, port: HostPort) -> bool:
    """Whether both cannot be held at once: every address includes each single one."""
    if (publish.host_port, publish.protocol) != (port.host_port, port.protocol):
        return False
    anywhere = ("0.0.0.0", "::", "")
    return publish.host_ip == port.host_ip or publish.host_ip in anywhere or port.host_ip in anywhere


def early_stops(drafts: Sequence[ServiceDraft]) -> dict[str, list[StopService]]:
    """By service, what has to stop before it: containers of later services that are replaced anyway and
    hold a port that it needs. The drafts of those no longer unpause them."""
    made: dict[str, list[StopService]] = {}
    stopped: set[str] = set()
    for index, draft in enumerate(drafts):
        if not any(isinstance(one, CreateService | ReplaceService | ScaleService) for one in draft.main):
            continue
        for later in drafts[index + 1 :]:
            held = {
                one: publish.host_port
                for one in _leaving(later)
                for publish in draft.spec.publish
                if later.spec.name not in stopped and any(overlaps(publish, port) for port in one.ports)
            }
            if not held:
                continue
            stopped.add(later.spec.name)
            ids = tuple(one.id for one in held)
            text = f"{draft.spec.name} needs port {min(filter(None, held.values()))}, which it holds"
            made.setdefault(draft.spec.name, []).append(
                StopService(
                    address=f"service.{later.spec.name}",
                    causes=(ReasonCause(reason="dependency", text=text),),
                    containers=ids,
                )
            )
            _leave_paused(later, frozenset(ids))
    return made


def _leaving(draft: ServiceDraft) -> list[Container]:
    ids = {
        one
        for operation in draft.main
        if isinstance(operation, ReplaceService | ScaleService)
        for one in (operation.containers if isinstance(operation, ReplaceService) else operation.removed)
    }
    return [one for one in draft.current if one.id in ids]


def _leave_paused(draft: ServiceDraft, stopped: frozenset[str]) -> None:
    kept = []
    for operation in draft.main:
        if isinstance(operation, UnpauseService):
            left = tuple(one for one in operation.containers if one not in stopped)
            if not left:
                continue
            operation = replace(operation, containers=left)
        kept.append(operation)
    draft.main = kept
