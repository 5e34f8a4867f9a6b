"""The lease: who may change a deployment now, as its engine keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta

from shipyard.model.record import Record


class Holder(Record):
    """Who took a lease. `who` is user@host and `process` its id there; `command` the subcommand alone;
    `run` the address of the CI job; `token` random, by which a holder knows its own lease; `ttl` the
    seconds without a sign of life after which the lease is anybody's."""

    who: str
    process: int
    command: str
    run: str | None
    token: str
    ttl: float


class LeaseRecord(Record):
    """A lease as it was read, in times of the engine's clock: `since` it was taken, `renewed` is the last
    sign of life, `read` when this was found. `id` is its container's."""

    id: str
    holder: Holder
    since: datetime
    renewed: datetime
    read: datetime

    @property
    def expires(self) -> datetime:
        return self.renewed + timedelta(seconds=self.holder.ttl)

    @property
    def expired(self) -> bool:
        """Nothing was heard for so long that its holder is dead.

        A sign of life from as far in the future is none either: the engine's clock was set back since,
        and who lives renews by the new time.
        """
        return abs((self.read - self.renewed).total_seconds()) >= self.holder.ttl
