"""Whether what `shipyard dev` has started is still there: others stop, remove and replace containers too."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shipyard.cache import cache_folder
from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.secret_values import of_stage
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.observed import AT_WORK


class AlreadyDeveloped(ShipyardError):
    """Another `dev` of the stage runs; each would stop what the other has started."""


class Standing:
    """`begin` is told what was applied."""

    def __init__(self, objects: LiveObjects) -> None:
        self._objects = objects

    def begin(self, desired: Desired) -> None:
        """Raises EngineError."""
        self._desired = desired
        self._most = self._running()

    def lost(self) -> tuple[str, ...]:
        """Services of which fewer containers run, of the image that was applied, than have run since. Raises
        EngineError."""
        found = self._running()
        # The greater of each.
        self._most |= found
        return tuple(sorted(name for name, most in self._most.items() if found[name] < most))

    def _running(self) -> Counter[str]:
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
