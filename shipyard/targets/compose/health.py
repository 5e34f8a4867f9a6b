"""The health gate: waits until the containers of a service are healthy, or says what is wrong with them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipyard.compile import labels
from shipyard.compile.checks import AGENT, probe_words
from shipyard.diagnosis.container import diagnose
from shipyard.diagnosis.findings import Symptoms
from shipyard.engine.listeners import heard_in
from shipyard.engine.objects import Objects
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest

GATE = 120.0
"""Seconds that a service has to become healthy, unless its own check allows more."""
STEADY = 5.0
"""Seconds that a container without a check has to stay up."""
CRASHES = 3
PROBES = 2
LOG_LINES = 15
READ_LINES = 80
"""Of its log are shown, and looked at for a cause."""
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
        137: "killed (SIGKILL): by hand, or because memory ran out",
        139: "segmentation fault (SIGSEGV), usually in a compiled extension",
        143: "told to stop (SIGTERM)",
    }
    return f"exit code {code}: {words.get(code, 'the application failed')}"


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What was seen of one container since the gate began."""

    restarts: int
    stale_probe: str
    was_unhealthy: bool
    probes: set[str] = field(default_factory=set)
    started: str = ""
    since: float = 0.0


def wait_healthy(
    objects: Objects,
    desired: Desired,
    spec: ServiceSpec,
    expected: int | None = None,
    leaving: Collection[str] = (),
    made: float | None = None,
) -> None:
    """Wait for the containers of a service, `expected` or all its replicas, but for those that are
    `leaving`: they may be what is to be mended. `made` is when all of them were made and started, as
    time.monotonic() has it. Raises Unhealthy with logs.

    Healthy: its check passes; without one, up for 5 s with the same start; a one-shot has ended with 0.
    """
    check = spec.check
    count = spec.replicas if expected is None else expected
    patience = GATE
    if check is not None:
        patience = max(GATE, check.start_period + check.retries * (check.interval + check.timeout))
    deadline = (time.monotonic() if made is None else made) + patience
    names = tuple(one.name for one in desired.services)
    watches: dict[str, _Watch] = {}
    while True:
        found = service_containers(objects, desired.manifest, spec.name)
        states = [one for one in found if one["Id"] not in leaving]
        waiting = [state for state in states if not _settled(state, spec, watches, objects, names, made)]
        if not waiting and len(states) >= count:
            return
        if time.monotonic() > deadline:
            if not waiting:
                raise Unhealthy(
                    f"service {spec.name} has {len(states)} of {count} containers",
                    where=f"service.{spec.name}",
                )
            what = f"was not healthy within {patience:g} s"
            if spec.one_shot:
                what = f'did not end within {patience:g} s; with restart = "no" and no health check it has to'
            raise _unhealthy(objects, waiting[0], spec, what, names)
        time.sleep(POLL)


def service_containers(objects: Objects, manifest: Manifest, service: str) -> list[Mapping[str, Any]]:
    """The containers of a service, inspected."""
    wanted = {**labels.of_services(manifest), labels.SERVICE: service}
    found = (objects.inspect(item["Id"]) for item in objects.containers(wanted))
    return [state for state in found if state is not None]


def _settled(
    inspected: Mapping[str, Any],
    spec: ServiceSpec,
    watches: dict[str, _Watch],
    objects: Objects,
    names: tuple[str, ...],
    made: float | None,
) -> bool:
    state = inspected["State"]
    status = state["Status"]
    health = (state.get("Health") or {}).get("Status") or "none"
    last = (((state.get("Health") or {}).get("Log") or [{}])[-1]).get("Start", "")
    if inspected["Id"] not in watches:
        watches[inspected["Id"]] = (
            _Watch(restarts=inspected["RestartCount"], stale_probe=last, was_unhealthy=health == "unhealthy")
            if made is None
            else _new(inspected, made)
        )
    watch = watches[inspected["Id"]]
    may_end = spec.restart.partition(":")[0] in ("no", "on-failure")
    if status in ("exited", "dead"):
        if may_end and status == "exited" and state["ExitCode"] == 0:
            return True
        raise _unhealthy(objects, inspected, spec, "stopped", names)
    if inspected["RestartCount"] - watch.restarts >= CRASHES:
        raise _unhealthy(objects, inspected, spec, "keeps crashing", names)
    if status != "running":
        return False
    if health == "none":
        if watch.started != state["StartedAt"]:
            watch.started, watch.since = state["StartedAt"], time.monotonic()
        return not spec.one_shot and time.monotonic() - watch.since >= STEADY
    if health == "unhealthy":
        # A container that was unhealthy before (it was paused, say) is judged by probes of its own time.
        if last != watch.stale_probe:
            watch.probes.add(last)
        if not watch.was_unhealthy or len(watch.probes) >= PROBES:
            raise _unhealthy(objects, inspected, spec, "is unhealthy", names)
    return bool(health == "healthy")


def _new(inspected: Mapping[str, Any], made: float) -> _Watch:
    """Of a new container all is known: it was up since then, unless it was started again."""
    watch = _Watch(restarts=0, stale_probe="", was_unhealthy=False)
    if inspected["RestartCount"] == 0:
        watch.started, watch.since = inspected["State"]["StartedAt"], made
    return watch


def _unhealthy(
    objects: Objects, inspected: Mapping[str, Any], spec: ServiceSpec, what: str, names: tuple[str, ...]
) -> Unhealthy:
    seen = symptoms(objects, inspected, spec, names)
    name = inspected["Name"].lstrip("/")
    details: list[str] = []
    if seen.state != "running" or what == "keeps crashing":
        details.append(explain_exit(seen.exit_code, out_of_memory=seen.out_of_memory))
    if seen.error:
        details.append(seen.error)
    if seen.probe and spec.check is not None:
        asked = probe_words(spec.check.command) or spec.check_origin
        details.append(f"health check ({asked}) said: {seen.verdict}")
    # Its check asks again and again: that it was asked is no news.
    lines = (tuple(one for one in seen.log if AGENT not in one) or seen.log)[-LOG_LINES:]
    if lines:
        details.append(f"last {len(lines)} lines of its log:")
        details += [f"| {line}" for line in _folded(lines)]
    else:
        details.append("its log is empty")
    found = diagnose(seen)
    details += [f"why: {finding.cause}" for finding in found]
    hints = [finding.hint for finding in found] or [f"`shipyard logs {spec.name}` has all that it said"]
    return Unhealthy(
        f"{name} {what}",
        where=f"service.{spec.name}",
        details=tuple(details),
        hint="; or ".join(hints),
    )


def _folded(lines: Sequence[str]) -> list[str]:
    """What is said again and again, once."""
    return [
        line if count == 1 else f"{line}  ({count} times)"
        for line, count in ((line, len(list(same))) for line, same in itertools.groupby(lines))
    ]


def symptoms(
    objects: Objects, inspected: Mapping[str, Any], spec: ServiceSpec, services: tuple[str, ...]
) -> Symptoms:
    """What a container says of itself."""
    state = inspected["State"]
    code, ran_out = state["ExitCode"], bool(state.get("OOMKilled"))
    if inspected["RestartCount"] > 0 or code == 137:
        # Of one that was started again its state tells nothing.
        ended, short = objects.last_end(inspected["Id"])
        code = ended if ended is not None and state["Status"] in ("running", "restarting") else code
        ran_out = ran_out or (spec.memory is not None and short)
    healthy = (state.get("Health") or {}).get("Status") == "healthy"
    failed = [one for one in (state.get("Health") or {}).get("Log") or [] if one.get("ExitCode")]
    own = "network_mode" not in spec.compose
    # What ends otherwise is started again (Docker reference, "Start containers automatically").
    again = inspected["HostConfig"]["RestartPolicy"]["Name"] in ("always", "unless-stopped")
    return Symptoms(
        spec=spec,
        state=state["Status"],
        stopped=again and state["Status"] == "exited" and not state.get("Error"),
        crashing=state["Status"] == "restarting" or (inspected["RestartCount"] >= CRASHES and not healthy),
        exit_code=code,
        out_of_memory=ran_out,
        error=str(state.get("Error") or ""),
        log=tuple(objects.logs(inspected["Id"], READ_LINES)),
        probe=str(failed[-1].get("Output") or "").strip() if failed else "",
        # In a network that others share, who listens is not told.
        heard=heard_in(inspected["Id"], state["Pid"]) if own and state["Status"] == "running" else None,
        services=services,
    )
