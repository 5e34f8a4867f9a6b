"""What a plan says of services that it does not touch."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.desired import Desired
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Operation, ReplaceService
from shipyard.reconcile.waiting import waits_for

_CRASHES = 3
_STARTING = "is still starting"


def attention(desired: Desired, observed: Observed, touched: set[str]) -> tuple[tuple[str, str], ...]:
    """By address, what is as declared and still not well."""
    declared = {spec.name for spec in desired.services}
    return tuple(
        (f"service.{one.service}", f"{one.name} {trouble}")
        for one in observed.containers
        if (trouble := trouble_of(one)) and not one.one_off
        # What is renamed by this plan is another's business.
        if one.service in declared and f"service.{one.service}" not in touched
    )


def held_up(
    desired: Desired, operations: tuple[Operation, ...], troubles: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    """Services that apply comes to only when one that it leaves as it is becomes well."""
    unwell = {address: trouble for address, trouble in troubles if not trouble.endswith(_STARTING)}
    return tuple(
        dict.fromkeys(
            f"{operation.name}: apply waits for {need} first, and ends while {unwell[f'service.{need}']}"
            for operation in operations
            for need in waits_for(operation, desired)
            if f"service.{need}" in unwell
        )
    )


def trouble_of(container: Container) -> str:
    """What is wrong with a container that is as declared, "" when nothing is known to be."""
    # Of one that has ended the last verdict says nothing: it may have had its end to come to.
    if container.health == "unhealthy" and container.state not in ("exited", "dead"):
        return "is unhealthy"
    if crashing := crashes_of(container):
        return crashing
    if container.health == "starting" and container.state == "running":
        return _STARTING
    return ""


def crashes_of(container: Container) -> str:
    """That a container keeps crashing, "" where it does not. Between two crashes it runs for a moment, and
    its check has no verdict."""
    undecided = container.health in ("", "none", "starting")
    if container.state == "restarting" or (undecided and container.restarts >= _CRASHES):
        return f"keeps crashing (restarted {container.restarts} times)"
    return ""


def feels(
    desired: Desired, operations: tuple[Operation, ...], touched: set[str]
) -> tuple[tuple[str, str], ...]:
    """By address, what an unchanged service notices of the replacement of one that it needs."""
    replaced = {operation.name for operation in operations if isinstance(operation, ReplaceService)}
    return tuple(
        (f"service.{spec.name}", f"feels the replacement of {', '.join(sorted(set(spec.needs) & replaced))}")
        for spec in desired.services
        if f"service.{spec.name}" not in touched and set(spec.needs) & replaced
    )


def not_compared(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """Secrets of what runs whose digests could not be computed here, or where it was started."""
    running = {one.service for one in observed.containers}
    return tuple(
        f"service.{spec.name}: secrets.{name}"
        for spec in desired.services
        if spec.name in running
        for name, digest in sorted(spec.secrets.items())
        if digest is None or name in _unrecorded(spec.name, observed)
    )


def _unrecorded(service: str, observed: Observed) -> set[str]:
    """Secrets of which a container tells no digest: Compose started it by a rendered file."""
    found: set[str] = set()
    for one in observed.containers:
        recorded = (one.spec or {}).get("secrets") if one.service == service and not one.one_off else None
        if isinstance(recorded, Mapping):
            found |= {name for name, digest in recorded.items() if digest is None}
    return found
