"""How an apply ended that did not come to its end."""

from __future__ import annotations

from collections.abc import Iterator

from shipyard.errors import ExitCode, ShipyardError


class ApplyFailed(ShipyardError):
    """An operation failed; `done`, `left` and `begun` (made, and not known to be healthy yet) are operation
    ids. `again` is how to go on."""

    again = "`shipyard plan` shows what is left; `shipyard apply` goes on from here"

    def __init__(
        self,
        cause: BaseException,
        done: tuple[str, ...],
        failed: str,
        left: tuple[str, ...],
        notes: tuple[str, ...] = (),
        begun: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{failed} failed")
        self.cause = cause
        self.done = done
        self.failed_operation = failed
        self.begun = begun
        self.left = left
        # What the plan said of the service may be why.
        service = failed.partition(".")[2].partition("/")[0]
        self.notes = tuple(note for note in notes if note.startswith(f"{service}: "))
        tried = (*done, failed, *begun)
        touched = [one for one in tried if _touches(one)]
        self.exit_code = ExitCode.NEEDS_ATTENTION if touched else ExitCode.FAILED
        if isinstance(cause, KeyboardInterrupt):
            self.exit_code = ExitCode.INTERRUPTED

    def __str__(self) -> str:
        partly = _touches(self.failed_operation)
        lines = ["interrupted" if isinstance(self.cause, KeyboardInterrupt) else str(self.cause), ""]
        lines.append("done:     " + (", ".join(self.done) or "nothing"))
        lines.append(f"failed:   {self.failed_operation}" + (" (part of it may be done)" if partly else ""))
        if self.begun:
            lines.append("begun:    " + ", ".join(self.begun) + " (not known to be healthy yet)")
        if self.left:
            lines.append("not done: " + ", ".join(self.left))
        lines.append(f"  -> {self.again}")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def each(self) -> Iterator[ShipyardError]:
        if isinstance(self.cause, ShipyardError):
            yield from self.cause.each()


def _touches(operation: str) -> bool:
    """An image that was made, or not, changes nothing that runs; nor does waiting for health."""
    return not (operation.startswith("image.") or operation.endswith("/health"))
