"""What a doctor wants to know of client and engine. Reads only."""

from __future__ import annotations

import os
import shutil
import time
from email.utils import parsedate_to_datetime
from typing import Any

from shipyard.diagnosis.machine import MachineFacts
from shipyard.engine.connect import Connection


def machine_facts(connection: Connection, versions: dict[str, str | None]) -> MachineFacts:
    """`versions` are those of the client's plugins. Raises EngineUnreachable, EngineRefused."""
    reader = connection.reader()
    try:
        info: dict[str, Any] = reader.get("/info")
        asked = time.time()
    finally:
        reader.close()
    classic = "io.containerd.snapshotter" not in str(info.get("DriverStatus"))
    place = str(info.get("DockerRootDir") or "")
    here = connection.local and os.path.isdir(place)  # noqa: PTH112 - the engine's text
    # The header has whole seconds.
    date = parsedate_to_datetime(reader.date).timestamp() + 0.5 if reader.date else asked
    return MachineFacts(
        versions={"Docker Engine": str(info.get("ServerVersion") or ""), **versions},
        store="classic image store" if classic else "containerd's image store",
        processor=str(info.get("Architecture") or ""),
        place=place,
        free=shutil.disk_usage(place).free if here else None,
        memory=int(info.get("MemTotal") or 0) or None,
        skew=date - asked,
        warnings=tuple(str(one) for one in info.get("Warnings") or ()),
    )
