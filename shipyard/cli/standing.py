"""Whether what `shipyard dev` has started is still there: others stop, remove and replace containers too."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shipyard.cache import cache_folder
from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.objects import EngineError
from shipyard.engine.secret_values import of_stage
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.observed import AT_WORK

PASSING = 3.0
"""Seconds for which something may not run, as in a restart, before it is told."""


class AlreadyDeveloped(ShipyardError):
    """Another `dev` of the stage runs; each would stop what the other has started."""


class Standing:
    """`begin` is told what was applied. What is lost is told once, and not fought over."""

    def __init__(self, objects: LiveObjects) -> None:
        self._objects = objects

    def begin(self, desired: Desired) -> None:
        """Raises EngineError."""
        self._desired = desired
        self._since: float | None = None
        self._told: frozenset[str] = frozenset()
        self._most = self._running()

    def lost(self, *, looking: bool) -> bool:
        """Whether others have stopped, removed or replaced what was applied; by the last look where this is
        no time for one. Raises EngineError for an engine that does not answer."""
        if not looking:
            return self._since is not None
        try:
            found = self._running()
        except EngineError as error:
            if error.status is None:
                raise
            return False
        # The greater of each.
        self._most |= found
        lost = sorted(name for name, most in self._most.items() if found[name] < most)
        if not lost:
            self._since, self._told = None, frozenset()
            return False
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if not self._told.issuperset(lost) and now - self._since > PASSING:
            self._told = self._told.union(lost)
            told = "what was started here was stopped, removed or replaced; the next edit applies it again"
            print(f"\n{', '.join(lost)}: {told}\n", file=sys.stderr, flush=True)
        return True

    def _running(self) -> Counter[str]:
        """Containers by service that are at work, of the image that was applied."""
        specs = {spec.name: spec for spec in self._desired.services if not spec.one_shot}
        found: Counter[str] = Counter()
        for container in self._objects.containers(labels.of_services(self._desired.manifest)):
            spec = specs.get(container["Labels"].get(labels.SERVICE, ""))
            if spec is None or container["State"] not in AT_WORK:
                continue
            if spec.built is None or container["Image"] == spec.image:
                found[spec.name] += 1
        return found


@contextlib.contextmanager
def alone(connection: Connection, manifest: Manifest) -> Iterator[None]:
    """A block that one process of a user runs at a time for a stage on an engine, which ends with it however
    it ends. Raises AlreadyDeveloped."""
    # A home that is not there or cannot be written keeps nobody from working.
    folder = cache_folder("dev", os.environ) or Path(os.devnull)
    name = hashlib.sha256(f"{connection.address}\0{manifest.deployment}".encode()).hexdigest()[:32]
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = stack.enter_context((folder / name).open("a+"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                process = file.read().strip()
                raise AlreadyDeveloped(
                    f"`shipyard dev` of stage {manifest.stage} runs already, as process {process}",
                    hint=f"work with that one; `shipyard logs -f{of_stage(manifest)}` follows what it runs",
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield
