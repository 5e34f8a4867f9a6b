"""What a diagnosis is made from, and what it says."""

from __future__ import annotations

from shipyard.model.desired import ServiceSpec
from shipyard.model.record import Record


class Symptoms(Record):
    """One container that does not work. `log` are its last lines, oldest first; `probe` the output of its
    last failed health check, "" for none; `error` what the engine said of its start. `services` are the
    names of all that are declared, `processors` the one that its image is for and the engine's, "" when not
    known; `job` the before_deploy command that failed, where it is that. `stopped`: it does not run because
    somebody told it so."""

    spec: ServiceSpec
    state: str
    exit_code: int = 0
    out_of_memory: bool = False
    stopped: bool = False
    error: str = ""
    log: tuple[str, ...] = ()
    probe: str = ""
    services: tuple[str, ...] = ()
    processors: tuple[str, str] = ("", "")
    job: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything that was said, by lines."""
        return "\n".join((self.error, *self.log))

    @property
    def key(self) -> str:
        """Where the manifest speaks of it."""
        return f"services.{self.spec.name}"


class Finding(Record):
    """A cause in one sentence, and what mends it."""

    cause: str
    hint: str
