"""The lease: one writer at a time for a project, stage and instance, by a lock kept on the engine itself.

The lock is a never-started container with a fixed name: of many who create it one succeeds. Its holder
writes a sign of life into it; one who is silent for too long is dead, and whoever removes its container by
id and creates the next one takes over. By id only one does: by name several would believe that they did.

All times are of the engine's clock, from the Date of its answers: clients' clocks may differ. Both sides
go by the same rule: a holder stops writing some time before others may think it dead, so a process that
was suspended stops as well. What nothing can prevent is a suspension between the last look and the write.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import NoReturn

from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineReader, EngineRefused, EngineUnreachable
from shipyard.engine.lease_holder import this_process
from shipyard.engine.lease_record import (
    HEARTBEAT,
    TTL,
    clock,
    engine_time,
    glance,
    heartbeat,
    lease_labels,
    lease_name,
    read_lease,
)
from shipyard.engine.lease_text import expiry_text, holder_text, since_text, span
from shipyard.engine.objects import EngineError, Objects
from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.lease import Holder, LeaseRecord
from shipyard.model.manifest import Manifest
from shipyard.model.record import Record

SETTLE = 5.0
"""Seconds to try for a lease that changes hands at this moment, even when not told to wait."""


class LeaseHeld(ShipyardError):
    """Another one holds the lease, and the time to wait is over."""

    exit_code = ExitCode.LEASE_HELD


class LeaseLost(ShipyardError):
    """This process no longer holds its lease, and must not write."""

    exit_code = ExitCode.NEEDS_ATTENTION


class Timing(Record):
    """Seconds: `ttl` without a sign of life until a holder is dead, `renew` between two of them, `poll`
    between two looks at a lease that is waited for."""

    ttl: float = TTL
    renew: float = 10.0
    poll: float = 1.0

    def may_write(self, renewed: datetime, now: datetime) -> bool:
        """Whether a holder is so far from being thought dead that it may begin a write."""
        return abs((now - renewed).total_seconds()) < self.ttl - self.renew


TIMING = Timing()


@contextlib.contextmanager
def hold(
    connection: Connection,
    manifest: Manifest,
    *,
    command: str,
    environ: Mapping[str, str],
    wait: float | None = None,
    on_wait: Callable[[LeaseRecord], None] = lambda record: None,
    timing: Timing = TIMING,
) -> Iterator[Lease]:
    """Hold the lease of a deployment for a block.

    `command` is the subcommand, without its arguments. Waits up to `wait` seconds while another one holds
    it (None: not at all); `on_wait` is told of each holder that is waited for. Raises LeaseHeld,
    LeaseNameTaken, EngineUnreachable, EngineRefused, EngineError.
    """
    lease = Lease(connection, manifest, this_process(command, environ, timing.ttl), timing)
    try:
        lease.take(wait or 0, on_wait)
        yield lease
    finally:
        lease.release()


class Lease:
    """A lease that this process holds, or tries to. `check` is for who writes, the rest is `hold`'s."""

    def __init__(self, connection: Connection, manifest: Manifest, holder: Holder, timing: Timing) -> None:
        self._connection = connection
        self._manifest = manifest
        self._holder = holder
        self._timing = timing
        self._reader = connection.reader()
        self._objects: Objects | None = None
        self._creating = False
        self._id: str | None = None
        self._renewed: datetime | None = None
        self._lost: LeaseLost | None = None
        self._ended = threading.Event()
        # A daemon: nobody waits for it when the process ends.
        self._keeper = threading.Thread(target=self._keep, name="lease", daemon=True)

    def check(self) -> None:
        """Make sure that it is still held: before every write, from one thread, by one read.

        Raises LeaseLost, EngineUnreachable, EngineRefused.
        """
        try:
            self._confirm(self._reader)
        except EngineRefused:
            # Of a container that is being removed the engine says that it is broken: the next answer tells.
            time.sleep(0.1)
            self._confirm(self._reader)

    def take(self, wait: float, on_wait: Callable[[LeaseRecord], None]) -> None:
        """Become its holder, and go on giving signs of life. Raises as `hold` does."""
        began = time.monotonic()
        record = glance(self._reader, self._manifest, None)
        told = ""
        while True:
            free = record is None or record.expired
            if free and self._win(record):
                self._keeper.start()
                return
            # When somebody else was faster, or is about to be, it settles within moments.
            left = began + (max(wait, SETTLE) if free else wait) - time.monotonic()
            if left <= 0:
                raise _held(self._manifest, read_lease(self._reader, self._manifest) or record)
            if record is not None and not free and record.id != told:
                on_wait(record)
                told = record.id
            # Those who wait do not all look at the same moment.
            pause = self._timing.poll if wait else 0.1
            time.sleep(min(left, pause * random.uniform(0.5, 1)))  # noqa: S311
            # An engine that is restarted meanwhile comes back with the lease as it was.
            with contextlib.suppress(EngineUnreachable):
                record = glance(self._reader, self._manifest, record)

    def release(self) -> None:
        """Give it back if it is still this one's. What cannot be removed now expires by itself."""
        self._ended.set()
        if self._keeper.is_alive():
            self._keeper.join(timeout=1)
        # An interrupt may have cut an answer off in the middle.
        self._reader.close()
        with contextlib.suppress(ShipyardError):
            mine = self._id or self._created_unnoticed()
            if mine is not None:
                _remove(self._writer(), mine)
        self._reader.close()
        if self._objects is not None:
            self._objects.close()

    def _writer(self) -> Objects:
        # Made at the first write: who only finds the lease held needs no SDK.
        if self._objects is None:
            self._objects = Objects(self._connection)
        return self._objects

    def _win(self, dead: LeaseRecord | None) -> bool:
        """Try to create the lease, after the removal of an expired one. Whether this one did."""
        if dead is not None:
            _remove(self._writer(), dead.id)
        self._creating = True
        try:
            self._id = self._writer().create_idle(
                lease_name(self._manifest.deployment), lease_labels(self._manifest, self._holder)
            )
        except EngineError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            return False
        self._renew(self._reader)
        return True

    def _created_unnoticed(self) -> str | None:
        """The id of a lease whose creation was interrupted before it was known here."""
        record = read_lease(self._reader, self._manifest) if self._creating else None
        return record.id if record is not None and record.holder.token == self._holder.token else None

    def _keep(self) -> None:
        """Give signs of life until the end, in a thread with a connection of its own."""
        reader = self._connection.reader()
        pause = self._timing.renew
        while not self._ended.wait(pause):
            pause = self._timing.renew
            try:
                self._renew(reader)
            except LeaseLost:
                break
            except ShipyardError:
                pause = min(pause, 1)
        reader.close()

    def _renew(self, reader: EngineReader) -> None:
        now = self._confirm(reader)
        self._writer().put_file(self._id or "", HEARTBEAT, heartbeat(now))
        self._renewed = now

    def _confirm(self, reader: EngineReader) -> datetime:
        """The engine's time, while this one holds the lease. What was lost once stays lost: from then on
        another one may be about to take it."""
        if self._lost is not None:
            raise self._lost
        try:
            found = reader.get(f"/containers/{self._id}/json")
        except EngineRefused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            self._lose(reader, "it was taken over, broken, or pruned with its container")
        now = clock(reader)
        if found["Name"] != f"/{lease_name(self._manifest.deployment)}":
            self._lose(reader, f"its container was renamed to {found['Name'].lstrip('/')}")
        renewed = self._renewed or engine_time(found["Created"])
        if not self._timing.may_write(renewed, now):
            silence = span(abs(now - renewed))
            self._lose(reader, f"no sign of life for {silence}: suspended, or cut off from the engine")
        return now

    def _lose(self, reader: EngineReader, why: str) -> NoReturn:
        details = [why]
        with contextlib.suppress(ShipyardError):
            record = read_lease(reader, self._manifest)
            if record is not None and record.id != self._id:
                details.append(f"now held by {holder_text(record.holder)}, since {since_text(record)}")
        self._lost = LeaseLost(
            "the lease was lost, so nothing more was written",
            where=lease_name(self._manifest.deployment),
            details=tuple(details),
            hint="`shipyard lease` shows who holds it, `shipyard plan` what is left to do",
        )
        raise self._lost


def break_lease(connection: Connection, record: LeaseRecord) -> bool:
    """Remove a lease whoever holds it: its holder stops before its next write. False if it was gone.

    Raises EngineError, EngineUnreachable.
    """
    objects = Objects(connection)
    try:
        return _remove(objects, record.id)
    finally:
        objects.close()


def _remove(objects: Objects, lease: str) -> bool:
    """Remove a lease by id. Whether it was this call that did."""
    try:
        objects.remove(lease)
    except EngineError as error:
        # Gone, or just being removed by another one.
        if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise
        return False
    return True


def _held(manifest: Manifest, record: LeaseRecord | None) -> LeaseHeld:
    where = " / ".join(part for part in (manifest.name, manifest.stage, manifest.instance) if part)
    hint = "wait for it with --lease-wait 5m; `shipyard lease` shows it, and `shipyard lease --break` ends it"
    if record is None:
        return LeaseHeld("the lease is being taken by another one at this moment", where=where, hint=hint)
    details = [f"CI run: {record.holder.run}"] if record.holder.run else []
    details += [f"since {since_text(record)}", f"expires {expiry_text(record)}"]
    return LeaseHeld(
        f"the lease is held by {holder_text(record.holder)}", where=where, details=tuple(details), hint=hint
    )
