"""What running containers use, as the engine measures it. Reads only.

Source: the Docker Engine API, ContainerStats, whose description has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shipyard.engine.connect import Connection
from shipyard.model.record import Record


class Usage(Record):
    """`cpu` in percent of one core; `memory` and `memory_limit` in bytes, without what the kernel would give
    back (file cache); `processes` a number."""

    container: str
    cpu: float
    memory: int
    memory_limit: int
    processes: int


def usages(connection: Connection, containers: Sequence[str]) -> tuple[Usage, ...]:
    """Of containers by id, measured over the same second. Raises EngineUnreachable, EngineRefused."""

    def ask(container: str) -> Usage:
        reader = connection.reader()
        try:
            return usage_of(reader.get(f"/containers/{container}/stats", stream="0"))
        finally:
            reader.close()

    with ThreadPoolExecutor(max_workers=len(containers) or 1) as pool:
        return tuple(pool.map(ask, containers))


def usage_of(stats: Mapping[str, Any]) -> Usage:
    """From the engine's answer, of which a container that has just ended leaves much out."""
    cpu, before = stats.get("cpu_stats") or {}, stats.get("precpu_stats") or {}
    used = _total(cpu) - _total(before)
    passed = cpu.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    memory = stats.get("memory_stats") or {}
    details = memory.get("stats") or {}
    # The kernel's second version of control groups calls it otherwise than the first.
    cache = details.get("inactive_file", details.get("total_inactive_file", 0))
    return Usage(
        container=str(stats.get("name", "")).lstrip("/"),
        cpu=round(used / passed * cpu.get("online_cpus", 1) * 100, 2) if passed > 0 else 0.0,
        memory=max(memory.get("usage", 0) - cache, 0),
        memory_limit=memory.get("limit", 0),
        processes=(stats.get("pids_stats") or {}).get("current", 0),
    )


def _total(cpu: Mapping[str, Any]) -> int:
    return int((cpu.get("cpu_usage") or {}).get("total_usage", 0))
