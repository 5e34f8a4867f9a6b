"""Restart policy and limits that were changed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from shipyard.manifest.errors import Invalid
from shipyard.manifest.values import memory
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import DEFAULT_SHARES, Container
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
    return (
        *(
            DriftCause(path=path, declared=declared, found=found)
            for path, passed_through, declared, found in rows
            if declared != found and not any(key in spec.compose for key in passed_through)
        ),
        *_passed_through_drift(spec, container),
    )


def _passed_through_drift(spec: ServiceSpec, container: Container) -> Iterator[DriftCause]:
    """Of the Compose keys whose value says without doubt what the engine is to have; of the others nothing
    is known here."""
    for key in sorted(_READABLE.keys() & spec.compose.keys()):
        found_in, meant = _READABLE[key]
        declared, found = meant(spec.compose[key]), found_in(container)
        if declared is not None and declared != found:
            yield DriftCause(path=f"compose.{key}", declared=declared, found=found)


def _number(value: object) -> int | None:
    """Above what some engines take for no limit, or put to their own least."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 2 else None


def _cores(value: object) -> float | None:
    return round(float(value), 6) if isinstance(value, int | float) and value > 0 else None


def _bytes(value: object) -> int | None:
    try:
        return memory(value)
    except Invalid:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z0-9,:-]+", value) else None


Value = int | float | str

_READABLE: Mapping[str, tuple[Callable[[Container], Value], Callable[[object], Value | None]]] = {
    "restart": (lambda one: one.restart, _text),
    "cpus": (lambda one: round(one.cpus, 6), _cores),
    "mem_limit": (lambda one: one.memory, _bytes),
    "mem_reservation": (lambda one: one.limits.get("MemoryReservation", 0), _bytes),
    "pids_limit": (lambda one: one.limits.get("PidsLimit", 0), _number),
    "cpu_shares": (lambda one: one.limits.get("CpuShares", DEFAULT_SHARES), _number),
    "cpuset": (lambda one: one.limits.get("CpusetCpus", ""), _text),
}
"""By Compose key: what a container has, and what a value asks for; None where that is not sure."""
