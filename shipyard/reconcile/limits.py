"""Restart policy and limits that were changed by hand."""

from __future__ import annotations

from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container
from shipyard.model.plan import DriftCause

_PASSED_THROUGH = {
    "CpuShares": ("cpu_shares",),
    "CpusetCpus": ("cpuset",),
    "CpusetMems": ("cpuset_mems",),
    "PidsLimit": ("pids_limit",),
    "MemoryReservation": ("mem_reservation",),
    "MemorySwap": ("memswap_limit", "mem_limit"),
    "BlkioWeight": ("blkio_config",),
}
"""The Compose keys that set a limit of the engine's, where no manifest key does."""


_OWN = {
    "restart": ("restart",),
    "cpus": ("cpus", "cpu_quota", "cpu_period"),
    "memory": ("mem_limit", "memswap_limit"),
}
"""The Compose keys that set what a manifest key sets too."""


def own_limits(spec: ServiceSpec) -> tuple[str | None, float | None, int | None]:
    """Restart policy, cores and memory as declared; None for what is passed through to Compose instead."""
    set_otherwise = {name for name, keys in _OWN.items() if any(key in spec.compose for key in keys)}
    return (
        None if "restart" in set_otherwise else spec.restart,
        None if "cpus" in set_otherwise else spec.cpus,
        None if "memory" in set_otherwise else spec.memory,
    )


def limits_drift(spec: ServiceSpec, container: Container) -> tuple[DriftCause, ...]:
    """What differs from what was declared; 0 stands for no limit."""
    rows: list[tuple[str, tuple[str, ...], object, object]] = [
        ("restart", _OWN["restart"], spec.restart, container.restart),
        ("resources.cpus", _OWN["cpus"], round(spec.cpus or 0, 6), round(container.cpus, 6)),
        ("resources.memory", _OWN["memory"], spec.memory or 0, container.memory),
    ]
    # The engine sets it to that with the memory, when a container is made and when it is put right.
    swap = 2 * (spec.memory or 0)
    rows += [
        (
            f"compose.{_PASSED_THROUGH[name][0]}",
            _PASSED_THROUGH[name],
            swap if name == "MemorySwap" else 0,
            container.limits[name],
        )
        for name in sorted(container.limits.keys() & _PASSED_THROUGH.keys())
    ]
    return tuple(
        DriftCause(path=path, declared=declared, found=found)
        for path, passed_through, declared, found in rows
        if declared != found and not any(key in spec.compose for key in passed_through)
    )
