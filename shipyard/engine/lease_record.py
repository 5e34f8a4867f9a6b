"""What a lease's container says: its holder in a label, its last sign of life in a small file."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

from shipyard.compile import labels
from shipyard.compile.labels import owned
from shipyard.engine.http import EngineReader, EngineRefused, EngineUnreachable
from shipyard.errors import ShipyardError
from shipyard.model.lease import Holder, LeaseRecord
from shipyard.model.manifest import Manifest
from shipyard.model.record import asdict, replace

HEARTBEAT = "heartbeat.json"
TTL = 45.0
"""Seconds without a sign of life after which a holder is dead: with a poll or two below a minute."""
LONGEST = 3600.0
T = TypeVar("T")
UNKNOWN = Holder(who="unknown", process=0, command="unknown", run=None, token="", ttl=TTL)


class LeaseNameTaken(ShipyardError):
    """A container that is not this deployment's lease has its name."""


def lease_name(deployment: str) -> str:
    """The name that only one container can have. No service's container is named so: theirs end in a
    number."""
    return f"{deployment}-shipyard-lease"


def lease_labels(manifest: Manifest, holder: Holder) -> dict[str, str]:
    """What the container is created with: holder and lock come into being at once."""
    return {
        **labels.ownership(manifest.name, manifest.stage, manifest.instance),
        labels.ROLE: labels.LEASE_ROLE,
        labels.LEASE: json.dumps(asdict(holder), sort_keys=True),
    }


def heartbeat(now: datetime) -> str:
    return json.dumps({"renewed": now.isoformat()}) + "\n"


def read_lease(reader: EngineReader, manifest: Manifest) -> LeaseRecord | None:
    """The lease of a deployment, None when it is free.

    Raises LeaseNameTaken, EngineUnreachable, EngineRefused.
    """
    record = _settled(lambda: _read(reader, manifest))
    return _closely(reader, record) if record is not None else None


def glance(reader: EngineReader, manifest: Manifest, known: LeaseRecord | None) -> LeaseRecord | None:
    """The same, made for looking often: `renewed` may be older than it is while the lease cannot have
    expired, by its creation or by what is `known` from the last look."""
    record = _settled(lambda: _read(reader, manifest))
    if record is not None and known is not None and known.id == record.id:
        record = replace(record, renewed=known.renewed)
    return _closely(reader, record) if record is not None and record.expired else record


def _settled(look: Callable[[], T]) -> T:
    """Of a container that is being removed the engine says that it is broken (500): look again. A busy one
    takes its time to remove it."""
    for _ in range(100):
        try:
            return look()
        except EngineRefused as refused:
            if refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            time.sleep(0.1)
    return look()


def _read(reader: EngineReader, manifest: Manifest) -> LeaseRecord | None:
    name = lease_name(manifest.deployment)
    inspected = _there(reader, f"/containers/{name}/json")
    if inspected is None:
        return None
    document: Mapping[str, Any] = json.loads(inspected)
    found = document["Config"].get("Labels") or {}
    if found.get(labels.ROLE) != labels.LEASE_ROLE or not owned(
        found, labels.ownership(manifest.name, manifest.stage, manifest.instance)
    ):
        raise LeaseNameTaken(
            "a container that is not this stage's lease has its name",
            where=name,
            hint=f"find out what it is for (`docker container inspect {name}`), then rename or remove it",
        )
    since = engine_time(document["Created"])
    holder = parse_holder(found.get(labels.LEASE))
    # Before its first sign of life a lease counts from its creation.
    return LeaseRecord(id=document["Id"], holder=holder, since=since, renewed=since, read=clock(reader))


def _closely(reader: EngineReader, record: LeaseRecord) -> LeaseRecord:
    """With the last sign of life."""
    archive = _settled(lambda: _there(reader, f"/containers/{record.id}/archive?path=/{HEARTBEAT}"))
    renewed = parse_heartbeat(archive) if archive is not None else None
    return record if renewed is None else replace(record, renewed=renewed, read=clock(reader))


def _there(reader: EngineReader, path: str) -> bytes | None:
    try:
        return reader.fetch(path)
    except EngineRefused as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def clock(reader: EngineReader) -> datetime:
    """The engine's clock at its last answer, to the second. Raises EngineUnreachable without one."""
    try:
        return parsedate_to_datetime(reader.date or "")
    except ValueError as error:
        raise EngineUnreachable(
            "the engine's answers have no date, and the lease goes by its clock",
            where=reader.url,
            hint="a proxy before the engine's socket has to pass the Date header on",
        ) from error


def engine_time(text: str) -> datetime:
    """A time as the engine writes it: RFC 3339 in UTC with nanoseconds, which are cut to microseconds."""
    return datetime.fromisoformat(text)


def parse_holder(text: str | None) -> Holder:
    """The holder from its label. What cannot be read is unknown: an odd label must not lock anybody out."""
    try:
        found = json.loads(text or "")
        holder = Holder(
            who=str(found["who"]),
            process=int(found["process"]),
            command=str(found["command"]),
            run=str(found["run"]) if found["run"] else None,
            token=str(found["token"]),
            ttl=float(found["ttl"]),
        )
    except (ValueError, KeyError, TypeError):
        return UNKNOWN
    return holder if 0 < holder.ttl <= LONGEST else UNKNOWN


def parse_heartbeat(archive: bytes) -> datetime | None:
    """The time in a heartbeat file, as the engine hands it out; None when it cannot be read."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            file = tar.extractfile(HEARTBEAT)
            renewed = engine_time(json.loads(file.read())["renewed"]) if file else None
    except (ValueError, KeyError, TypeError, tarfile.TarError):
        return None
    return renewed if renewed is not None and renewed.tzinfo is not None else None
