"""Whether a machine can build and deploy: the facts of client and engine, judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from shipyard.model.record import Record

Verdict = Literal["ok", "warning", "failure"]
OLDEST = {"Docker Engine": (25, 0), "Docker Compose": (2, 26), "Buildx": (0, 11)}
LOW_DISK, NO_DISK = 5 * 10**9, 10**9
LITTLE_MEMORY = 10**9
"""Bytes."""
CLOCK = 30.0
"""Seconds that the clocks of client and engine may differ: certificates and leases are read by both."""


class Check(Record):
    """One line of a doctor's report; `hint` mends it, "" where nothing is to be mended."""

    subject: str
    verdict: Verdict
    text: str
    hint: str = ""


class MachineFacts(Record):
    """`versions` by name, None for what is not there; `free` bytes where the engine keeps its data, and
    `memory` bytes in all, None where it is not known; `skew` seconds that the engine's clock is ahead."""

    versions: dict[str, str | None]
    store: str = ""
    processor: str = ""
    place: str = ""
    free: int | None = None
    memory: int | None = None
    skew: float = 0.0
    warnings: tuple[str, ...] = ()


def machine_checks(facts: MachineFacts) -> Iterator[Check]:
    for name, version in facts.versions.items():
        yield _version(name, version, facts)
    if facts.free is not None:
        yield _disk(facts.free, facts.place)
    if facts.memory is not None:
        small = facts.memory < LITTLE_MEMORY
        yield Check(
            subject="memory",
            verdict="warning" if small else "ok",
            text=f"the engine has {_bytes(facts.memory)}",
            hint="a build of a larger project, and a database, want more than 1 GB" if small else "",
        )
    if abs(facts.skew) > CLOCK:
        where = "ahead of" if facts.skew > 0 else "behind"
        yield Check(
            subject="clock",
            verdict="warning",
            text=f"the engine's clock is {abs(facts.skew):.0f} s {where} this one",
            hint="set both by NTP (timedatectl set-ntp true)",
        )
    else:
        yield Check(subject="clock", verdict="ok", text="the engine's and this one agree")
    for warning in facts.warnings:
        yield Check(subject="engine", verdict="warning", text=warning)


def _version(name: str, version: str | None, facts: MachineFacts) -> Check:
    if version is None:
        return Check(
            subject=name,
            verdict="failure",
            text="is not there",
            hint="install Docker Engine with its Buildx and Compose plugins",
        )
    found = re.search(r"(\d+)\.(\d+)", version)
    least = OLDEST[name]
    if found and (int(found[1]), int(found[2])) < least:
        return Check(
            subject=name,
            verdict="failure",
            text=f"{version} is too old: Shipyard needs {least[0]}.{least[1]} or newer",
            hint="upgrade it",
        )
    more = f", {facts.store}, {facts.processor}" if name == "Docker Engine" and facts.store else ""
    return Check(subject=name, verdict="ok", text=version + more)


def _disk(free: int, place: str) -> Check:
    verdict: Verdict = "failure" if free < NO_DISK else "warning" if free < LOW_DISK else "ok"
    hint = "`shipyard prune`, `docker builder prune` and `docker system df` free it, or tell what holds it"
    return Check(
        subject="disk",
        verdict=verdict,
        text=f"{_bytes(free)} free at {place}",
        hint="" if verdict == "ok" else hint,
    )


def _bytes(size: int) -> str:
    return f"{size / 10**9:.1f} GB"
