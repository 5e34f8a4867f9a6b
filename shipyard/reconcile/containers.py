"""What has to happen to the containers of one service: left-overs, drift, outdated ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from shipyard.compile.references import image_id
from shipyard.compile.spec import Document
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import (
    Cause,
    ConnectService,
    DriftCause,
    FieldCause,
    ImageCause,
    Interruption,
    MendService,
    Operation,
    ReasonCause,
    ReplaceService,
    StartService,
    UnpauseService,
    UpdateService,
)
from shipyard.reconcile.diff import document_causes

LEFT_OVER = re.compile(r"[0-9a-f]{12}_(.+)")
"""Compose's name for the new container while it recreates one: the old id's first 12 digits."""

START_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """The containers of one service after mending."""

    mend: MendService | None
    current: tuple[Container, ...]


def mended(name: str, containers: tuple[Container, ...]) -> Containers:
    """Split off what an interrupted recreate left: removed while the original stands, else renamed to
    take its place, because it holds the anonymous volumes."""
    names = {container.name for container in containers}
    remove: list[str] = []
    rename: list[tuple[str, str]] = []
    current: list[Container] = []
    causes: list[Cause] = []
    for container in containers:
        match = LEFT_OVER.fullmatch(container.name)
        if match is None:
            current.append(container)
            continue
        causes.append(
            ReasonCause(reason="interrupted", text=f"an interrupted replace left {container.name} behind")
        )
        if match[1] in names:
            remove.append(container.id)
        else:
            names.add(match[1])
            rename.append((container.id, match[1]))
            current.append(replace(container, name=match[1]))
    if not causes:
        return Containers(mend=None, current=containers)
    mend = MendService(
        address=f"service.{name}", causes=tuple(causes), remove=tuple(remove), rename=tuple(rename)
    )
    return Containers(mend=mend, current=tuple(current))


def outdated_causes(
    spec: ServiceSpec, document: Document, container: Container, observed: Observed, build: str | None
) -> tuple[Cause, ...]:
    """Why a container no longer is what is declared; empty when it is."""
    if container.spec is None:
        return (ReasonCause(reason="missing", text="its recorded spec cannot be read"),)
    causes: list[Cause] = []
    before, after = container.spec.get("image"), document["image"]
    if before != after:
        if spec.built is not None:
            causes.append(ImageCause(by=build, before=str(before), after=str(after)))
        else:
            causes.append(FieldCause(path="image", before=before, after=after))
    elif spec.image == after:
        now = image_id(observed.images, spec.image)
        if now is not None and now != container.image_id:
            causes.append(DriftCause(path="image", declared=_short(now), found=_short(container.image_id)))
    declared = document_causes(container.spec, document)
    changed = {cause.path for cause in declared}
    causes += declared
    # The engine can change a limit in place and cannot take one away.
    causes += [
        cause for cause in _limits_drift(spec, container) if cause.declared == 0 and cause.path not in changed
    ]
    return tuple(causes)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def replace_operation(
    spec: ServiceSpec, outdated: tuple[Container, ...], total: int, causes: tuple[Cause, ...]
) -> ReplaceService:
    """Replace containers one at a time, with what their users will notice."""
    if spec.rollout == "start-first":
        interruption = Interruption(seconds=0, why="the new one is healthy before the old one stops")
    elif total > 1:
        interruption = Interruption(seconds=0, why=f"one of {total} at a time")
    elif spec.stop_timeout > 10:
        interruption = Interruption(
            seconds=spec.stop_timeout, why=f"up to {_minutes(spec.stop_timeout)} to finish what it does"
        )
    else:
        held = sorted(publish.host_port for publish in spec.publish if publish.host_port)
        why = f"port {held[0]} is held" if held else "it stops before the new one starts"
        interruption = Interruption(seconds=START_SECONDS, why=why)
    return ReplaceService(
        address=f"service.{spec.name}",
        causes=causes,
        containers=tuple(container.id for container in outdated),
        replicas=(total, total),
        strategy=spec.rollout,
        interruption=interruption,
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def repairs(
    spec: ServiceSpec, containers: tuple[Container, ...], recreated: frozenset[str]
) -> list[Operation]:
    """In-place repairs of containers that are as declared: started, unpaused, connected, limits put back.

    A paused container in `recreated` is unpaused too: Compose cannot recreate it while it is paused.
    """
    address = f"service.{spec.name}"
    made: list[Operation] = []
    paused = [container for container in containers if container.state == "paused"]
    if paused:
        made.append(
            UnpauseService(
                address=address,
                causes=(DriftCause(path="state", declared="running", found="paused"),),
                containers=tuple(container.id for container in paused),
            )
        )
    kept = [container for container in containers if container.id not in recreated]
    links = tuple(
        (container.id, network)
        for container in kept
        for network in sorted(set(spec.networks) - set(container.networks))
        if "network_mode" not in spec.compose
    )
    if links:
        missing = tuple(sorted({network for _, network in links}))
        made.append(
            ConnectService(
                address=address,
                causes=tuple(
                    DriftCause(path=f"networks.{network}", declared="connected", found="disconnected")
                    for network in missing
                ),
                links=links,
            )
        )
    limits = {container.id: _limits_drift(spec, container) for container in kept}
    drifted = tuple(container for container in kept if limits[container.id])
    if drifted:
        made.append(
            UpdateService(
                address=address,
                causes=limits[drifted[0].id],
                containers=tuple(container.id for container in drifted),
            )
        )
    stopped = tuple(container for container in kept if _is_down(spec, container))
    if stopped:
        made.append(
            StartService(
                address=address,
                causes=tuple(
                    DriftCause(path="state", declared="running", found=found)
                    for found in sorted({_state_text(container) for container in stopped})
                ),
                containers=tuple(container.id for container in stopped),
            )
        )
    return made


def _is_down(spec: ServiceSpec, container: Container) -> bool:
    if container.state not in ("exited", "created", "dead"):
        return False
    finished = container.state == "exited" and container.exit_code == 0
    return not (finished and spec.restart.partition(":")[0] in ("no", "on-failure"))


def _state_text(container: Container) -> str:
    if container.state == "exited":
        return f"exited with code {container.exit_code}"
    return container.state


def _limits_drift(spec: ServiceSpec, container: Container) -> tuple[DriftCause, ...]:
    restart = spec.restart.partition(":")[0]
    rows: tuple[tuple[str, tuple[str, ...], object, object], ...] = (
        ("restart", ("restart",), restart, container.restart),
        ("resources.cpus", ("cpus", "cpu_quota", "cpu_period"), spec.cpus or 0, round(container.cpus, 3)),
        ("resources.memory", ("mem_limit", "memswap_limit"), spec.memory or 0, container.memory),
    )
    return tuple(
        DriftCause(path=path, declared=declared, found=found)
        for path, passed_through, declared, found in rows
        if declared != found and not any(key in spec.compose for key in passed_through)
    )
