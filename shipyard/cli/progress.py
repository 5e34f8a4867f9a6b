"""Tells of an apply's steps on standard error as they happen."""

from __future__ import annotations

import sys

from shipyard.model.plan import Operation
from shipyard.render.describe import SYMBOLS


class TextReport:
    """One line when a step starts and one when it ends: readable in a CI log too."""

    def started(self, operation: Operation) -> None:
        _line(f"{SYMBOLS[operation.action]} {operation.action} {operation.address} ...")

    def ended(self, operation: Operation, seconds: float) -> None:
        _line(f"  {operation.action} {operation.address} done ({seconds:.1f} s)")

    def failed(self, operation: Operation) -> None:
        _line(f"  {operation.action} {operation.address} FAILED")

    def output(self, line: str) -> None:
        _line(f"  | {line}")


def _line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
