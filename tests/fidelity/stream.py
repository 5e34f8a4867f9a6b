"""The engine's event stream, subscribed to before acting and read to a known end.

The engine keeps only its last 256 events, so that asking afterwards is not enough.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import docker

EXEMPT = frozenset(
    {
        *("exec_create", "exec_start", "exec_detach", "exec_die", "health_status"),
        *("attach", "detach", "resize", "top", "archive-path", "extract-to-dir"),
        *("mount", "unmount"),
    }
)
"""Health probes, the archive call, and what starting and ending imply; the lease is exempt as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: `about` is the id of a container, the name of a network or volume; `other` the container
    that a network was connected to; `attributes` the engine's own."""

    kind: str
    action: str
    about: str
    other: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stream:
    """What was seen; `raw` grows while the block of `subscribed` runs."""

    raw: list[dict[str, Any]] = field(default_factory=list)

    def events(self) -> list[Event]:
        return [event for one in self.raw if (event := _event(one)) is not None]


def _event(raw: dict[str, Any]) -> Event | None:
    action = raw["Action"].partition(":")[0]
    attributes = raw["Actor"].get("Attributes") or {}
    if action in EXEMPT or attributes.get("shipyard.role") == "lease":
        return None
    if raw["Type"] == "container":
        return Event(kind="container", action=action, about=raw["Actor"]["ID"], attributes=attributes)
    if raw["Type"] == "network":
        other = attributes.get("container", "")
        return Event(kind="network", action=action, about=attributes["name"], other=other)
    if raw["Type"] == "volume":
        return Event(kind="volume", action=action, about=raw["Actor"]["ID"])
    return None


@contextmanager
def subscribed() -> Iterator[Stream]:
    """Every event of the engine while the block runs, in order."""
    mark = f"fidelity-mark-{uuid.uuid4().hex[:12]}"
    stream, seen = Stream(), {"begin": threading.Event(), "end": threading.Event()}
    reader, writer = docker.APIClient(timeout=60), docker.APIClient(timeout=60)

    def read() -> None:
        for event in reader.events(decode=True):
            name = event["Actor"]["ID"]
            if name.startswith(mark):
                seen[name.rpartition("-")[2]].set()
                if name.endswith("end"):
                    return
            elif seen["begin"].is_set():
                stream.raw.append(event)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        _until(writer, f"{mark}-begin", seen["begin"])
        yield stream
    finally:
        _until(writer, f"{mark}-end", seen["end"])
        thread.join(timeout=10)
        reader.close()
        writer.close()


def _until(writer: docker.APIClient, name: str, seen: threading.Event) -> None:
    """Make a volume again and again until the reader has told of it."""
    deadline = time.monotonic() + 20
    while not seen.is_set():
        assert time.monotonic() < deadline, "the engine's event stream says nothing"
        writer.create_volume(name)
        writer.remove_volume(name)
        seen.wait(0.05)
