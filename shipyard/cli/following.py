"""What containers print, each line with who says it, while they come and go."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.errors import ShipyardError
from shipyard.model.manifest import Manifest

AGAIN = 0.5
"""Seconds after which containers are looked for that are new, or run again."""
LAST_WORDS = 1.0
"""Seconds for what was printed at the end."""
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""Of ANSI: cyan, yellow, green, magenta, blue, and these bright."""


class _Following(threading.Thread):
    """One thread looks for containers, and starts one for each that reads."""

    def __init__(self, connection: Connection, manifest: Manifest, services: Sequence[str]) -> None:
        super().__init__(name="following", daemon=True)
        self._wanted = labels.of_services(manifest)
        self._connection = connection
        self._services = [service.name for service in manifest.services]
        self._only = tuple(services)
        self._began = time.time()
        self._readers: dict[str, _Reader] = {}
        self._ending = threading.Event()

    def run(self) -> None:
        # Who brings edits asks the engine too, and says when it is gone.
        with contextlib.suppress(ShipyardError):
            objects = LiveObjects(self._connection)
            while not self._ending.wait(AGAIN):
                for container in objects.containers(self._wanted):
                    self._read(container)

    def end(self) -> None:
        self._ending.set()
        self.join()
        deadline = time.monotonic() + LAST_WORDS
        for reader in self._readers.values():
            reader.join(max(0.0, deadline - time.monotonic()))

    def _read(self, container: Mapping[str, Any]) -> None:
        service = container["Labels"].get(labels.SERVICE, "")
        before = self._readers.get(container["Id"])
        if (self._only and service not in self._only) or (before is not None and before.is_alive()):
            return
        if before is not None and container["State"] != "running":
            return
        name = f"{service}-{container['Labels'].get(labels.COMPOSE_NUMBER, '')}"
        since = before.ended if before is not None else self._began
        reader = _Reader(self._connection, container["Id"], self._prefix(service, name), since)
        self._readers[container["Id"]] = reader
        reader.start()

    def _prefix(self, service: str, name: str) -> str:
        shown = f"{name:{max(map(len, self._services), default=0) + 2}} | "
        if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
            return shown
        known = self._services.index(service) if service in self._services else 0
        return f"\x1b[{_COLOURS[known % len(_COLOURS)]}m{shown}\x1b[0m"


class _Reader(threading.Thread):
    """Prints what one container prints until it stops; `ended` is when that was."""

    def __init__(self, connection: Connection, container: str, prefix: str, since: float) -> None:
        super().__init__(name=f"reading {container[:12]}", daemon=True)
        self._connection = connection
        self._container = container
        self._prefix = prefix
        self._since = since
        self.ended = since

    def run(self) -> None:
        with contextlib.suppress(ShipyardError):
            objects = LiveObjects(self._connection)
            rest = b""
            for chunk in objects.follow(self._container, self._since):
                *lines, rest = (rest + chunk).split(b"\n")
                self._print(lines)
            self._print([rest] if rest else [])
        self.ended = time.time()

    def _print(self, lines: Sequence[bytes]) -> None:
        text = "".join(f"{self._prefix}{line.decode('utf-8', 'replace').rstrip()}\n" for line in lines)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(text)
            sys.stdout.flush()


@contextlib.contextmanager
def following(connection: Connection, manifest: Manifest, services: Sequence[str]) -> Iterator[None]:
    """Print what containers of a deployment print from now on, beside a block; all of them where no services
    are named."""
    made = _Following(connection, manifest, services)
    made.start()
    try:
        yield
    finally:
        made.end()
