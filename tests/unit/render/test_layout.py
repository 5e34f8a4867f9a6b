"""Where the nodes of a graph stand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shipyard.render.layout import WIDEST, laid_out

NODE, PASSING, GAP = 100, 10, 20


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, int], list[tuple[str, str]]]:
    rows = {f"n{at}": row for at, row in enumerate(draw(st.lists(st.integers(0, 4), max_size=14)))}
    pairs = [(one, other) for one in rows for other in rows if rows[one] < rows[other]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    return rows, edges


@given(graphs())
def test_nothing_overlaps_and_lines_lead_down(graph: tuple[dict[str, int], list[tuple[str, str]]]) -> None:
    rows, edges = graph
    layout = laid_out(rows, edges, NODE, PASSING, GAP)
    assert layout == laid_out(rows, edges, NODE, PASSING, GAP)
    place = {name: row for row, names in enumerate(layout.rows) for name in names}
    assert place.keys() == rows.keys()
    taken: dict[int, list[tuple[int, int]]] = {}
    for name, row in place.items():
        taken.setdefault(row, []).append((layout.centres[name], NODE))
    for start, end in edges:
        assert place[start] < place[end]
        passed = range(place[start] + 1, place[end])
        for row, centre in zip(passed, layout.lines[start, end], strict=True):
            taken.setdefault(row, []).append((centre, PASSING))
    for places in taken.values():
        for (left, wide), (right, other) in pairwise(sorted(places)):
            # Each is rounded by itself.
            assert right - left >= (wide + other) / 2 + GAP - 1
        assert all(centre - wide / 2 + 1 >= 0 for centre, wide in places)
        assert all(centre + wide / 2 <= layout.width + 1 for centre, wide in places)
    assert max(map(len, layout.rows), default=0) <= WIDEST


def test_what_leads_to_each_other_stands_below_each_other() -> None:
    rows = {"a": 0, "b": 0, "x": 1, "y": 1}
    layout = laid_out(rows, [("a", "y"), ("b", "x")], NODE, PASSING, GAP)
    assert layout.centres["a"] == layout.centres["y"]
    assert layout.centres["b"] == layout.centres["x"]


def test_a_long_line_goes_round_what_it_passes() -> None:
    layout = laid_out({"a": 0, "b": 1, "c": 2}, [("a", "b"), ("b", "c"), ("a", "c")], NODE, PASSING, GAP)
    (passing,) = layout.lines["a", "c"]
    assert abs(passing - layout.centres["b"]) >= (NODE + PASSING) / 2 + GAP - 1


def test_nothing_has_a_layout_too() -> None:
    assert laid_out({}, [], NODE, PASSING, GAP).rows == ()
