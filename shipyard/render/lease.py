"""Who holds the lease, for a terminal and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from shipyard.engine.lease_text import expiry_text, holder_text, since_text
from shipyard.model.lease import LeaseRecord
from shipyard.model.manifest import Manifest
from shipyard.render.printable import printable_lines
from shipyard.render.text import header

FORMAT = 1


def lease_text(manifest: Manifest, address: str, record: LeaseRecord | None) -> str:
    """Which deployment it is, and its holder, or that it is free. `address`: the engine's."""
    lines = [header(manifest.name, manifest.stage, manifest.instance, address), ""]
    if record is None:
        lines.append("The lease is free.")
    else:
        lines.append(f"held by  {holder_text(record.holder)}")
        if record.holder.run:
            lines.append(f"CI run   {record.holder.run}")
        lines += [f"since    {since_text(record)}", f"expires  {expiry_text(record)}"]
    return printable_lines("\n".join(lines)) + "\n"


def lease_json(manifest: Manifest, address: str, record: LeaseRecord | None) -> str:
    """schemas/lease.schema.json. Times are the engine's."""
    document = {
        "format": FORMAT,
        "project": manifest.name,
        "stage": manifest.stage,
        "instance": manifest.instance,
        "engine": {"address": address},
        "lease": None
        if record is None
        else {
            "id": record.id,
            "holder": record.holder.who,
            "process": record.holder.process,
            "command": record.holder.command,
            "run": record.holder.run,
            "since": _time(record.since),
            "renewed": _time(record.renewed),
            "expires": _time(record.expires),
            "expired": record.expired,
        },
    }
    return printable_lines(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
