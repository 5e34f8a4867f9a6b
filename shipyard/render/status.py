"""What runs, for a terminal and as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit

from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Container, Engine, Observed
from shipyard.model.plan import Plan
from shipyard.model.record import Record, asdict
from shipyard.reconcile.remarks import crashes_of
from shipyard.reconcile.restoring import half_restored
from shipyard.render.table import table_text
from shipyard.render.text import header

FORMAT = 1


class ServiceRow(Record):
    """One service as it is. `url` is where it answers from this machine; `replicas` (running, declared);
    `since` when the last of those that run was started, as the engine writes it; `note` what is not as
    declared."""

    name: str
    state: str
    health: str
    image: str
    url: str | None
    ports: tuple[str, ...]
    replicas: tuple[int, int]
    restarts: int
    since: str | None = None
    note: str = ""


def service_rows(desired: Desired, observed: Observed, plan: Plan | None = None) -> tuple[ServiceRow, ...]:
    """One row a service, declared ones first, then what runs and is no longer declared. Of a part of the
    desired state only what is in it."""
    pending: dict[str, list[str]] = {}
    for operation in plan.operations if plan else ():
        if operation.address.startswith("service."):
            pending.setdefault(operation.name, []).append(operation.action)
    rows = []
    for spec in desired.services:
        found = _of(observed, spec.name)
        told = [f"plan would {', '.join(pending[spec.name])} it"] if spec.name in pending else []
        told += (
            ["its restore is not finished: restore it again"] if spec.name in half_restored(observed) else []
        )
        told += sorted({crashes for one in found if (crashes := crashes_of(one))})
        told += [f"{name} runs beside it, by `shipyard run`" for name in _beside(observed, spec.name)]
        note = "; ".join(told)
        rows.append(_row(spec.name, spec, found, observed.engine, note))
    declared = {one.name for one in desired.services} | {one.name for one in desired.manifest.services}
    for name in sorted({one.service for one in observed.containers if not one.one_off} - declared):
        rows.append(_row(name, None, _of(observed, name), observed.engine, "no longer declared"))
    return tuple(rows)


def fitted(rows: tuple[ServiceRow, ...], room: int) -> tuple[tuple[ServiceRow, ...], int]:
    """The rows for which there is room, those in trouble before others, and how many are left out."""
    if len(rows) <= room:
        return rows, 0
    first = sorted(
        rows, key=lambda row: not (row.note or row.state != "running" or row.health == "unhealthy")
    )
    kept = first[: max(0, room - 1)]
    return tuple(row for row in rows if row in kept), len(rows) - len(kept)


def _of(observed: Observed, name: str) -> tuple[Container, ...]:
    return tuple(one for one in observed.containers if one.service == name and not one.one_off)


def _beside(observed: Observed, name: str) -> list[str]:
    """One-offs of people: what a `run` that was killed has left goes on, unseen."""
    found = (one for one in observed.containers if one.service == name and one.one_off)
    return [one.name for one in found if one.at_work and one.job is None]


def _row(
    name: str, spec: ServiceSpec | None, found: tuple[Container, ...], engine: Engine, note: str
) -> ServiceRow:
    states = sorted({one.state for one in found})
    healths = sorted({one.health for one in found if one.at_work and one.health not in ("", "none")})
    ports = sorted(
        {f"{port.host_ip}:{port.host_port}->{port.container_port}" for one in found for port in one.ports}
    )
    running = sum(one.state == "running" for one in found)
    return ServiceRow(
        name=name,
        state=", ".join(states) or "not created",
        health=", ".join(healths) or ("no check" if any(one.at_work for one in found) else ""),
        image=found[0].image if found else (spec.image if spec else ""),
        url=_url(spec, found, engine),
        ports=tuple(ports),
        replicas=(running, spec.replicas if spec else 0),
        restarts=sum(one.restarts for one in found),
        since=max((one.started_at for one in found if one.state == "running"), default="") or None,
        note=note,
    )


def _url(spec: ServiceSpec | None, found: tuple[Container, ...], engine: Engine) -> str | None:
    """The first published port that leads to the service's own."""
    for one in found:
        for port in one.ports:
            if port.protocol == "tcp" and spec is not None and port.container_port == spec.port:
                host = port.host_ip if port.host_ip not in ("0.0.0.0", "::", "") else "127.0.0.1"
                if not engine.local:
                    if port.host_ip in ("127.0.0.1", "::1"):
                        continue
                    host = urlsplit(engine.address).hostname or engine.name
                host = f"[{host}]" if ":" in host else host
                return f"http://{host}:{port.host_port}"
    return None


def status_text(manifest: Manifest, engine: Engine, rows: tuple[ServiceRow, ...], now: datetime) -> str:
    """Which deployment it is, and the table of its services."""
    head = header(manifest.name, manifest.stage, manifest.instance, engine.address)
    return f"{head}\n\n{status_table(rows, now)}"


def status_table(rows: tuple[ServiceRow, ...], now: datetime) -> str:
    """One line a service, with as much as fits people's eyes."""
    table = [("SERVICE", "STATE", "HEALTH", "UP", "RESTARTS", "REPLICAS", "IMAGE", "URL", "NOTE")]
    for row in rows:
        count = f"{row.replicas[0]}/{row.replicas[1]}"
        held = {port.partition("->")[0].rpartition(":")[2] for port in row.ports}
        shown = (row.url or ", ".join(row.ports) or "-") + (" ..." if row.url and len(held) > 1 else "")
        up = _age(row.since, now) if row.since else "-"
        words = (row.name, row.state, row.health or "-", up, str(row.restarts), count)
        table.append((*words, _short(row.image), shown, row.note))
    return table_text(table)


def _short(image: str) -> str:
    """A name by which people know it: without its digest, and of a digest that is its tag the beginning."""
    name = image.partition("@")[0] or "-"
    repository, _, tag = name.rpartition(":")
    return f"{repository}:{tag[:11]}" if tag.startswith("in-") else name


def _age(since: str, now: datetime) -> str:
    """How long ago, in its largest unit. The engine's clock may be ahead of this one."""
    # What it writes has nanoseconds, which Python has not.
    began = datetime.fromisoformat(since.partition(".")[0].removesuffix("Z") + "+00:00")
    seconds = max(0, int((now - began).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def status_json(manifest: Manifest, engine: Engine, rows: tuple[ServiceRow, ...]) -> str:
    """schemas/status.schema.json."""
    document = {
        "format": FORMAT,
        "project": manifest.name,
        "stage": manifest.stage,
        "instance": manifest.instance,
        "engine": {"id": engine.id, "version": engine.version, "address": engine.address},
        "services": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
