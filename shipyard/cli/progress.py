"""Tells of an apply's steps as they happen: for people on standard error, for programs on standard output."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from shipyard.concealed import concealed
from shipyard.model.plan import Operation
from shipyard.render.describe import SYMBOLS, text_of, title


class TextReport:
    """One line when a step starts and one when it ends: readable in a CI log too."""

    def started(self, operation: Operation) -> None:
        _line(f"{SYMBOLS[operation.action]} {_named(operation)} ...")

    def ended(self, operation: Operation, seconds: float) -> None:
        _line(f"  {_named(operation)} done ({seconds:.1f} s)")

    def failed(self, operation: Operation) -> None:
        _line(f"  {_named(operation)} FAILED")

    def output(self, line: str) -> None:
        _line(f"  | {concealed(line)}")


class JsonReport:
    """The same as JSON lines (schemas/events.schema.json); `finished` writes the last one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._running: str | None = None
        self._done: list[str] = []

    def started(self, operation: Operation) -> None:
        from shipyard.render.events import operation_line

        self._running = operation.id
        _write(operation_line("started", operation))

    def ended(self, operation: Operation, seconds: float) -> None:
        from shipyard.render.events import operation_line

        self._done.append(operation.id)
        _write(operation_line("ended", operation, seconds))

    def failed(self, operation: Operation) -> None:
        from shipyard.render.events import operation_line

        _write(operation_line("failed", operation))

    def output(self, line: str) -> None:
        from shipyard.render.events import output_line

        _write(output_line(self._running, concealed(line)))

    def finished(self, error: BaseException | None) -> None:
        """How it ended; None is well."""
        from shipyard.render.events import finished_line

        _write(finished_line(error, done=self._done, seconds=time.monotonic() - self._began))


@contextlib.contextmanager
def reported(*, json: bool) -> Iterator[TextReport | JsonReport]:
    """The report of one run. As JSON, the last line is written however the run ends."""
    if not json:
        yield TextReport()
        return
    report = JsonReport()
    try:
        yield report
    except BaseException as error:
        report.finished(error)
        raise
    report.finished(None)


def _named(operation: Operation) -> str:
    """In the plan's words."""
    return f"{operation.action} {text_of(title(operation))}"


def _line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
