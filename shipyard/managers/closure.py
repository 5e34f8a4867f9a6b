"""What is installed because something asks for it, and under which environment marker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shipyard.managers.markers import Marker, either, every, marker_text
from shipyard.model.record import Record

_LONGEST = 2000
"""Characters of a marker; one that is longer is taken to hold always."""


class Edge(Record):
    """One locked package that is asked for, with extras of it."""

    package: dict[str, Any]
    marker: Marker = True
    extras: tuple[str, ...] = ()


def closure(
    roots: Iterable[Edge], further: Callable[[dict[str, Any], str], list[Edge]]
) -> list[tuple[dict[str, Any], Marker]]:
    """Every package that is reached, with the marker under which it is; in the order in which they are found.

    `further(package, extra)` is what a package asks for, for extra "" without any. Packages are told apart
    by identity.
    """
    markers: dict[tuple[int, str], Marker] = {}
    packages: dict[int, dict[str, Any]] = {}
    pending: list[tuple[Edge, Marker]] = [(edge, True) for edge in roots]
    pending.reverse()
    while pending:
        edge, above = pending.pop()
        marker = every((above, edge.marker))
        if marker is False:
            continue
        packages[id(edge.package)] = edge.package
        for extra in ("", *edge.extras):
            key = (id(edge.package), extra)
            before = markers.get(key, False)
            now = either((before, marker))
            if now == before:
                continue
            if len(marker_text(now)) > _LONGEST:
                now = True
            markers[key] = now
            pending += [(one, now) for one in reversed(further(edge.package, extra))]
    return [(package, markers[key, ""]) for key, package in packages.items()]
