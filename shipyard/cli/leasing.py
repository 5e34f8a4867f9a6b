"""What every writing command shares: the lease, and how long to wait for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shipyard.engine.connect import Connection
    from shipyard.engine.lease import Lease
    from shipyard.model.lease import LeaseRecord
    from shipyard.model.manifest import Manifest


def _duration(text: str) -> float:
    from shipyard.manifest.errors import Invalid
    from shipyard.manifest.values import duration

    try:
        return duration(text)
    except Invalid as error:
        raise typer.BadParameter("; ".join(filter(None, (error.title, error.hint)))) from error


LeaseWait = Annotated[
    float | None,
    typer.Option(
        "--lease-wait",
        metavar="TIME",
        parser=_duration,
        help="How long to wait for another deploy to end, such as 5m; else fail at once.",
    ),
]


@contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM, by which a CI or systemd ends a run, is for a block what Ctrl-C is."""
    import signal

    # Who has a way of his own for it, or wants none, keeps it.
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def leased(connection: Connection, manifest: Manifest, command: str, wait: float | None) -> Iterator[Lease]:
    """Hold the lease of a stage for a block; tells on standard error whom it waits for.

    Raises LeaseHeld, LeaseNameTaken, EngineUnreachable, EngineRefused, EngineError.
    """
    from shipyard.engine.lease import hold

    with (
        ended_in_order(),
        hold(connection, manifest, command=command, environ=os.environ, wait=wait, on_wait=_tell) as lease,
    ):
        yield lease


def _tell(record: LeaseRecord) -> None:
    from shipyard.engine.lease_text import holder_text, since_text
    from shipyard.render.printable import printable

    run = f", {record.holder.run}" if record.holder.run else ""
    told = f"waiting for the lease of {holder_text(record.holder)}{run}, since {since_text(record)}"
    print(printable(told), file=sys.stderr, flush=True)
