"""The health gate: waits until the containers of a service are healthy, or says what is wrong with them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shipyard.compile import labels
from shipyard.engine.objects import Objects
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired, ServiceSpec

GATE = 120.0
"""Seconds that a service has to become healthy, unless its own check allows more."""
STEADY = 5.0
"""Seconds that a container without a check has to stay up."""
CRASHES = 3
LOG_LINES = 15
POLL = 0.15


class Unhealthy(ShipyardError):
    """A container did not become healthy."""


def explain_exit(code: int, *, out_of_memory: bool = False) -> str:
    """An exit code in words (the Bash manual's and Docker's conventions: 128 + n is signal n)."""
    if out_of_memory:
        return f"exit code {code}: killed because it used more memory than its limit"
    words = {
        0: "it ended by itself without an error",
        1: "the application failed",
        2: "wrong usage of the command, or the application failed",
        125: "docker itself could not run it",
        126: "the command was found and cannot be executed (permission, or not a program)",
        127: "the command was not found in the image",
        132: "illegal instruction: was the image built for another processor?",
        134: "it aborted (SIGABRT)",
        137: "killed (SIGKILL), by hand or because the machine ran out of memory",
        139: "segmentation fault (SIGSEGV), usually in a compiled extension",
        143: "told to stop (SIGTERM)",
    }
    return f"exit code {code}: {words.get(code, 'the application failed')}"


def wait_healthy(objects: Objects, desired: Desired, spec: ServiceSpec, limit: float | None = None) -> None:
    """Wait for every container of a service. Raises Unhealthy with its logs.

    Healthy: its check passes; without one, up for 5 s with the same start; a one-shot has ended with 0.
    """
    check = spec.check
    patience = limit or GATE
    if limit is None and check is not None:
        patience = max(GATE, check.start_period + check.retries * (check.interval + check.timeout))
    deadline = time.monotonic() + patience
    steady: dict[str, tuple[str, float]] = {}
    crashes: dict[str, int] = {}
    while True:
        states = _states(objects, desired, spec)
        waiting = [
            state for state in states if not _settled(state, spec, steady, crashes, objects)
        ]
        if not waiting and len(states) >= spec.replicas:
            return
        if time.monotonic() > deadline:
            if not waiting:
                raise Unhealthy(
                    f"service {spec.name} has {len(states)} of {spec.replicas} containers",
                    where=f"service.{spec.name}",
                )
            raise _unhealthy(objects, waiting[0], spec, f"was not healthy within {patience:g} s")
        time.sleep(POLL)


def _states(objects: Objects, desired: Desired, spec: ServiceSpec) -> list[Mapping[str, Any]]:
    manifest = desired.manifest
    wanted = {
        **labels.ownership(manifest.name, manifest.stage, manifest.instance),
        labels.SERVICE: spec.name,
        labels.COMPOSE_ONEOFF: "False",
        labels.COMPOSE_PROJECT: desired.deployment,
    }
    found = (objects.inspect(item["Id"]) for item in objects.containers(wanted))
    return [state for state in found if state is not None]


def _settled(
    inspected: Mapping[str, Any],
    spec: ServiceSpec,
    steady: dict[str, tuple[str, float]],
    crashes: dict[str, int],
    objects: Objects,
) -> bool:
    state = inspected["State"]
    status = state["Status"]
    one_shot = spec.restart.partition(":")[0] in ("no", "on-failure")
    if status in ("exited", "dead"):
        if one_shot and status == "exited" and state["ExitCode"] == 0:
            return True
        raise _unhealthy(objects, inspected, spec, "stopped")
    first = crashes.setdefault(inspected["Id"], inspected["RestartCount"])
    if inspected["RestartCount"] - first >= CRASHES:
        raise _unhealthy(objects, inspected, spec, "keeps crashing")
    if status != "running":
        return False
    health = (state.get("Health") or {}).get("Status")
    if health in (None, "", "none"):
        if one_shot:
            return False
        began, since = steady.get(inspected["Id"], ("", 0.0))
        if began != state["StartedAt"]:
            steady[inspected["Id"]] = (state["StartedAt"], time.monotonic())
            return False
        return time.monotonic() - since >= STEADY
    if health == "unhealthy":
        raise _unhealthy(objects, inspected, spec, "is unhealthy")
    return bool(health == "healthy")


def _unhealthy(objects: Objects, inspected: Mapping[str, Any], spec: ServiceSpec, what: str) -> Unhealthy:
    state = inspected["State"]
    name = inspected["Name"].lstrip("/")
    details: list[str] = []
    if state["Status"] != "running" or what == "keeps crashing":
        details.append(explain_exit(state["ExitCode"], out_of_memory=bool(state.get("OOMKilled"))))
    if state.get("Error"):
        details.append(str(state["Error"]))
    probes = (state.get("Health") or {}).get("Log") or []
    if probes and spec.check is not None:
        said = str(probes[-1].get("Output") or "").strip().splitlines()
        details.append(f"health check ({spec.check_origin}) said: {said[-1] if said else 'nothing'}")
    lines = objects.logs(inspected["Id"], LOG_LINES)
    if lines:
        details.append(f"last {len(lines)} lines of its log:")
        details += [f"| {line}" for line in lines]
    else:
        details.append("its log is empty")
    return Unhealthy(
        f"{name} {what}",
        where=f"service.{spec.name}",
        details=tuple(details),
        hint="mend the cause and run `shipyard apply` again: it goes on from here",
    )
