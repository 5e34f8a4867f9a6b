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


def limits_drift(spec: ServiceSpec, container: Container) -> tuple[DriftCause, ...]:
    """What differs from what was declared; 0 stands for no limit."""
    rows: list[tuple[str, tuple[str, ...], object, object]] = [
        ("restart", ("restart",), spec.restart, container.restart),
        ("resources.cpus", ("cpus", "cpu_quota", "cpu_period"), spec.cpus or 0, round(container.cpus, 3)),
        ("resources.memory", ("mem_limit", "memswap_limit"), spec.memory or 0, container.memory),
    ]
    rows += [
        (f"limits.{name}", _PASSED_THROUGH[name], 0, container.limits[name])
        for name in sorted(container.limits.keys() & _PASSED_THROUGH.keys())
    ]
    return tuple(
        DriftCause(path=path, declared=declared, found=found)
        for path, passed_through, declared, found in rows
        if declared != found and not any(key in spec.compose for key in passed_through)
    )
