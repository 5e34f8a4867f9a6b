"""How containers are replaced, and what their users will notice."""

from __future__ import annotations

from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container
from shipyard.model.plan import Cause, Interruption, ReplaceService

START_SECONDS = 3.0


def replace_operation(
    spec: ServiceSpec, outdated: tuple[Container, ...], total: int, causes: tuple[Cause, ...]
) -> ReplaceService:
    """Replace containers one at a time."""
    if spec.rollout == "start-first":
        interruption = Interruption(seconds=0, why="the new one is healthy before the old one stops")
    elif total > 1 and (len(outdated) < total or any(one.at_work for one in outdated)):
        chosen = any(publish.host_port is None for publish in spec.publish)
        told = ", each at another host port, that the engine chooses" if chosen else ""
        interruption = Interruption(seconds=0, why=f"one of {total} at a time{told}")
    else:
        interruption = stopped_first(spec, outdated)
    return ReplaceService(
        address=f"service.{spec.name}",
        causes=causes,
        containers=tuple(container.id for container in outdated),
        replicas=(total, total),
        strategy=spec.rollout,
        interruption=interruption,
    )


def stopped_first(spec: ServiceSpec, old: tuple[Container, ...]) -> Interruption:
    """What users notice when the old ones are gone before the new one starts."""
    if not any(container.at_work for container in old):
        return Interruption(seconds=START_SECONDS, why="it does not run now")
    if spec.stop_timeout > 10:
        why = f"up to {_minutes(spec.stop_timeout)} to finish what it does"
        return Interruption(seconds=spec.stop_timeout, why=why)
    declared = {publish.host_port for publish in spec.publish if publish.host_port}
    held = sorted(declared & {port.host_port for container in old for port in container.ports})
    why = f"port {held[0]} is held" if held else "it stops before the new one starts"
    return Interruption(seconds=START_SECONDS, why=why)


def renaming_operation(
    spec: ServiceSpec, old: tuple[Container, ...], causes: tuple[Cause, ...], carried: tuple[str, ...]
) -> ReplaceService:
    """Replace the containers of a service's earlier name."""
    if spec.rollout == "start-first":
        interruption = Interruption(seconds=0, why="the new one is healthy before the old one stops")
    else:
        interruption = stopped_first(spec, old)
    return ReplaceService(
        address=f"service.{spec.name}",
        causes=causes,
        containers=tuple(container.id for container in old),
        replicas=(len(old), spec.replicas),
        strategy=spec.rollout,
        interruption=interruption,
        was=spec.was,
        carried=carried,
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def recreates(operation: ReplaceService) -> bool:
    """Whether Compose makes the new container from the old one, which keeps its anonymous volumes."""
    return operation.strategy == "stop-first" and operation.was is None and operation.replicas == (1, 1)
