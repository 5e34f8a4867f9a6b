"""What a diagnosis is made from, and what it says."""

from __future__ import annotations

from shipyard.model.desired import ServiceSpec
from shipyard.model.record import Record

_TRACEBACK = "Traceback (most recent call last)"
_LED_TO = ("During handling of the above exception", "The above exception was the direct cause")
"""What Python writes between two tracebacks of which the first led to the second."""


class Symptoms(Record):
    """One container that does not work. `log` are its last lines, oldest first; `probe` the output of its
    last failed health check, "" for none; `error` what the engine said of its start. `services` are the
    names of all that are declared, `processors` the one that its image is for and the engine's, "" when not
    known; `job` the before_deploy command that failed, where it is that. `stopped`: it does not run because
    somebody told it so; `crashing`: it ends and is started again and again, and `exit_code` is what it last
    ended with. `heard` is where it listens, None when not known."""

    spec: ServiceSpec
    state: str
    exit_code: int = 0
    out_of_memory: bool = False
    stopped: bool = False
    crashing: bool = False
    error: str = ""
    log: tuple[str, ...] = ()
    probe: str = ""
    heard: tuple[tuple[str, int], ...] | None = None
    services: tuple[str, ...] = ()
    processors: tuple[str, str] = ("", "")
    job: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What its health check said, in one line: of a traceback the last."""
        lines = self.probe.splitlines() or [""]
        return lines[-1 if _TRACEBACK in lines[0] else 0]

    @property
    def text(self) -> str:
        """What was said, by lines: of a program that has ended with an exception that and what came after,
        since what it lived with is no cause."""
        return "\n".join((self.error, *self.log[self._begin :]))

    @property
    def _begin(self) -> int:
        """Where the last traceback begins, the first of those that led to it; 0 where there is none."""
        if not self.crashing and self.state == "running":
            return 0
        found = [number for number, line in enumerate(self.log) if _TRACEBACK in line]
        while len(found) > 1 and any(
            mark in line for line in self.log[found[-2] : found[-1]] for mark in _LED_TO
        ):
            found.pop()
        return found[-1] if found else 0

    @property
    def key(self) -> str:
        """Where the manifest speaks of it."""
        return f"services.{self.spec.name}"


class Finding(Record):
    """A cause in one sentence, and what mends it."""

    cause: str
    hint: str
