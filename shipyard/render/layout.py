"""Where the nodes of a graph stand and how its lines go round them.

In rows, in the steps of Sugiyama, Tagawa and Toda (1981): a line that passes a row gets a place of its own in
it, each row is sorted by where its neighbours stand, then all are moved as near to these as they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from shipyard.model.record import Record

WIDEST = 5
"""Nodes in one row; more of them stand in several."""
_SWEEPS = 7

Edge = tuple[str, str]


class Layout(Record):
    """`rows` are the nodes from above, in their order; `centres` where the middle of each is, the smallest
    edge at 0; `lines` for each edge where it passes the rows between its ends; `width` of it all."""

    rows: tuple[tuple[str, ...], ...]
    centres: Mapping[str, int]
    lines: Mapping[Edge, tuple[int, ...]]
    width: int


def laid_out(rows: Mapping[str, int], edges: Iterable[Edge], node: int, passing: int, gap: int) -> Layout:
    """`rows` are the nodes with the number of their row; each edge goes to one with a greater number. `node`
    and `passing` are the widths of a node and of a line's place, `gap` what is between two of them."""
    places = _narrowed(rows)
    order: list[list[str]] = [[] for _ in range(max(places.values(), default=-1) + 1)]
    for name, place in places.items():
        order[place].append(name)
    paths = {edge: _path(edge, places) for edge in edges}
    beside: dict[str, list[str]] = {}
    for path in paths.values():
        for passed, name in enumerate(path[1:-1], places[path[0]] + 1):
            order[passed].append(name)
        for above, below in pairwise(path):
            beside.setdefault(above, []).append(below)
            beside.setdefault(below, []).append(above)
    widths = {name: node if name in places else passing for row in order for name in row}
    centres: dict[str, float] = {}
    for row in order:
        centres |= _apart([(name, 0.0) for name in row], widths, gap)
    for sweep in range(_SWEEPS):
        for row in order if sweep % 2 == 0 else order[::-1]:
            wanted = {name: _mean([centres[one] for one in beside.get(name, (name,))]) for name in row}
            if sweep < _SWEEPS - 2:
                row.sort(key=wanted.__getitem__)
            centres |= _apart([(name, wanted[name]) for name in row], widths, gap)
    left = min((centres[name] - widths[name] / 2 for name in centres), default=0)
    right = max((centres[name] + widths[name] / 2 for name in centres), default=0)
    whole = {name: round(centre - left) for name, centre in centres.items()}
    return Layout(
        rows=tuple(tuple(name for name in row if name in places) for row in order),
        centres={name: whole[name] for name in places},
        lines={edge: tuple(whole[name] for name in path[1:-1]) for edge, path in paths.items()},
        width=round(right - left),
    )


def _narrowed(rows: Mapping[str, int]) -> dict[str, int]:
    """The same nodes in rows that hold no more than WIDEST each, counted from 0."""
    members: dict[int, list[str]] = {}
    for name, row in rows.items():
        members.setdefault(row, []).append(name)
    places: dict[str, int] = {}
    at = 0
    for _, names in sorted(members.items()):
        parts = -(-len(names) // WIDEST)
        size = -(-len(names) // parts)
        for index, name in enumerate(names):
            places[name] = at + index // size
        at += parts
    return places


def _path(edge: Edge, places: Mapping[str, int]) -> list[str]:
    """Both ends, and between them the names of the edge's places in the rows that it passes."""
    start, end = edge
    return [start, *(f"{start}\n{end}\n{row}" for row in range(places[start] + 1, places[end])), end]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _apart(wanted: Sequence[tuple[str, float]], widths: Mapping[str, int], gap: int) -> dict[str, float]:
    """Centres in the given order that do not overlap, by least squares as near as can be to those that are
    wanted (pool adjacent violators)."""
    offsets: list[float] = []
    at = 0.0
    for name, _ in wanted:
        offsets.append(at + widths[name] / 2)
        at += widths[name] + gap
    pools: list[tuple[float, int]] = []
    for (_, centre), offset in zip(wanted, offsets, strict=True):
        mean, count = centre - offset, 1
        while pools and pools[-1][0] > mean:
            before, members = pools.pop()
            mean, count = (before * members + mean * count) / (members + count), members + count
        pools.append((mean, count))
    starts = [mean for mean, count in pools for _ in range(count)]
    return {name: start + offset for (name, _), start, offset in zip(wanted, starts, offsets, strict=True)}
