"""The base of every error a user may see, and the table of exit codes.

Each concrete error class lives beside the code that raises it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from shipyard.concealed import concealed


class ExitCode(IntEnum):
    """What a `shipyard` process returns. The README holds the same table."""

    DONE = 0
    FAILED = 1
    CHANGES_PENDING = 2
    STALE_PLAN = 3
    LEASE_HELD = 4
    ROLLED_BACK = 5
    NEEDS_ATTENTION = 6
    USAGE = 64
    BUG = 70
    INTERRUPTED = 130


class ShipyardError(Exception):
    """An expected failure, told to the user in up to four parts.

    title: what happened, one line. where: `shipyard.toml:12: services.web.port`, a file or an object.
    details: further lines, without the values of secrets. hint: what to do next.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(
        self, title: str, *, where: str | None = None, details: tuple[str, ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(title)
        self.title = title
        self.where = where
        self.details = tuple(map(concealed, details))
        self.hint = hint
        self.about = ""
        """The options of the stage that it is about, where the command line does not say them."""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.title}" if self.where else self.title]
        lines += [f"  {line}" for line in self.details]
        if self.hint:
            lines.append(f"  -> {self.hint}")
        return "\n".join(lines)

    def each(self) -> Iterator[ShipyardError]:
        """The errors that it stands for: itself, or those that it gathers."""
        yield self


class ErrorGroup(ShipyardError):
    """Several errors found in one pass, shown one after the other."""

    def __init__(self, errors: tuple[ShipyardError, ...]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def each(self) -> Iterator[ShipyardError]:
        for error in self.errors:
            yield from error.each()


class UsageError(ShipyardError):
    """The command line itself is wrong."""

    exit_code = ExitCode.USAGE
