"""What an apply does, as JSON lines while it happens: the contract schemas/events.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from shipyard.apply import ApplyFailed
from shipyard.errors import ErrorGroup, ExitCode, ShipyardError
from shipyard.model.plan import Operation
from shipyard.render.document import json_text

FORMAT = 1


def operation_line(
    event: Literal["started", "ended", "failed"], operation: Operation, seconds: float | None = None
) -> str:
    """An operation starts, ends (after `seconds`) or fails."""
    document: dict[str, object] = {
        "format": FORMAT,
        "event": event,
        "id": operation.id,
        "address": operation.address,
        "action": operation.action,
    }
    if seconds is not None:
        document["seconds"] = round(seconds, 3)
    return json_text(document)


def output_line(operation_id: str | None, text: str) -> str:
    """A line that an operation's command printed."""
    return json_text({"format": FORMAT, "event": "output", "id": operation_id, "text": text})


def finished_line(error: BaseException | None, *, done: Sequence[str], seconds: float) -> str:
    """The last line: how it ended. `done` are ids; what was not done is known from ApplyFailed.

    Of an exception that is no ShipyardError only the type is told: its message may hold a value.
    """
    stopped = error if isinstance(error, ApplyFailed) else None
    document = {
        "format": FORMAT,
        "event": "finished",
        "exit_code": int(_exit_code(error)),
        "seconds": round(seconds, 3),
        "done": list(done),
        "failed": stopped.failed_operation if stopped else None,
        "not_done": [*stopped.begun, *stopped.left] if stopped else [],
        "errors": _errors(error),
    }
    return json_text(document)


def _exit_code(error: BaseException | None) -> ExitCode:
    if error is None:
        return ExitCode.DONE
    if isinstance(error, ShipyardError):
        return error.exit_code
    return ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.BUG


def _errors(error: BaseException | None) -> list[dict[str, object]]:
    match error:
        case None:
            return []
        case ApplyFailed():
            return _errors(error.cause)
        case ErrorGroup():
            return [found for one in error.errors for found in _errors(one)]
        case ShipyardError():
            return [
                {
                    "title": error.title,
                    "where": error.where,
                    "details": list(error.details),
                    "hint": error.hint,
                }
            ]
        case KeyboardInterrupt():
            return [{"title": "interrupted", "where": None, "details": [], "hint": None}]
        case _:
            title = f"a bug in Shipyard: {type(error).__name__}"
            return [{"title": title, "where": None, "details": [], "hint": None}]
