"""A graph drawn as SVG: alone, or in a page with a mark on each node that something happens to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from shipyard.model.record import Record
from shipyard.render.graph import Graph, Node
from shipyard.render.layout import Layout, laid_out
from shipyard.render.printable import printable, shortened

_WIDTH, _LINE, _GAP, _ROW, _MARGIN = 180, 18, 20, 52, 16
_PASSING = 8
"""The width that a line takes up among the nodes of a row that it passes."""
_LONGEST = 24
_SMALLEST = 3


class Mark(Record):
    """What is said of a node: a sign of one character and a few words; `tone` is the class of its colours,
    `link` the id of the place in the page that says more."""

    sign: str
    words: str
    tone: str = ""
    link: str | None = None


STYLE = """\
.graph text { font: 13px system-ui, sans-serif; fill: #5a636d; text-anchor: middle }
.graph text.name { font-weight: 600; font-size: 14px; fill: #1c2126 }
.graph rect { fill: #f6f8fa; stroke: #7b8794 } .graph .volume rect { fill: #f8f5ee; stroke: #9a8455 }
.graph path { fill: none; stroke: #8b95a1; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  .graph text { fill: #aab4bf } .graph text.name { fill: #e8ebee } .graph path { stroke: #75808c }
  .graph rect { fill: #1e252d; stroke: #6b7885 } .graph .volume rect { fill: #262319; stroke: #8d7d55 }
}
"""


def svg(graph: Graph) -> str:
    """One drawing that needs nothing else, bright or dark as its reader has it."""
    return _drawn(graph, {}, 'xmlns="http://www.w3.org/2000/svg" role="img"', f"<style>\n{STYLE}</style>\n")


def inline_svg(graph: Graph, marks: Mapping[str, Mark]) -> str:
    """The same for a page that has STYLE in its own; `marks` are by the nodes' ids."""
    return _drawn(graph, marks, f'role="group" aria-label="{_xml(graph.title)}"', "")


def _drawn(graph: Graph, marks: Mapping[str, Mark], attributes: str, style: str) -> str:
    layout = laid_out({node.id: node.row for node in graph.nodes}, graph.edges, _WIDTH, _PASSING, _GAP)
    most = max((len(node.lines) + (node.id in marks) for node in graph.nodes), default=0)
    high = max(most, _SMALLEST) * _LINE + 14
    step = high + _ROW
    width = max(layout.width, _WIDTH) + 2 * _MARGIN
    height = max(len(layout.rows), 1) * step - _ROW + 2 * _MARGIN
    body = list(_edges(graph, layout, high))
    nodes = {node.id: node for node in graph.nodes}
    for row, names in enumerate(layout.rows):
        for name in names:
            x, y = layout.centres[name] + _MARGIN, _MARGIN + row * step
            body += _box(nodes[name], marks.get(name), x, y, high)
    return (
        f'<svg class="graph" {attributes} viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f"<title>{_xml(graph.title)}</title>\n{style}" + "\n".join(body) + "\n</svg>\n"
    )


def _edges(graph: Graph, layout: Layout, high: int) -> Iterator[str]:
    """From the lower side of one node to the upper side of the other, straight where they pass a row."""
    row_of = {name: row for row, names in enumerate(layout.rows) for name in names}
    for edge in graph.edges:
        start, end = edge
        x, y = layout.centres[start] + _MARGIN, _MARGIN + row_of[start] * (high + _ROW) + high
        way = [f"M{x} {y}"]
        for passed in layout.lines[edge]:
            way += [_curve(x, y, passed + _MARGIN), f"V{y + _ROW + high}"]
            x, y = passed + _MARGIN, y + _ROW + high
        x_end = layout.centres[end] + _MARGIN
        way.append(_curve(x, y, x_end))
        way.append(f"M{x_end - 4} {y + _ROW - 7}L{x_end} {y + _ROW}L{x_end + 4} {y + _ROW - 7}")
        yield f'<path d="{"".join(way)}"/>'


def _curve(x: int, y: int, to: int) -> str:
    return f"C{x} {y + _ROW // 2} {to} {y + _ROW // 2} {to} {y + _ROW}"


def _box(node: Node, mark: Mark | None, x: int, y: int, high: int) -> Iterator[str]:
    kind = f"{node.kind} {mark.tone}".strip() if mark else node.kind
    told = ", ".join((*node.lines, mark.words) if mark else node.lines)
    link = mark.link if mark else None
    yield f'<a href="#{_xml(link)}">' if link else ""
    yield f'<g class="{_xml(kind)}"><title>{_xml(told)}</title>'
    yield f'<rect x="{x - _WIDTH // 2}" y="{y}" width="{_WIDTH}" height="{high}" rx="8"/>'
    lines = [("name" if index == 0 else "more", line) for index, line in enumerate(node.lines)]
    lines += [("mark", f"{mark.sign} {mark.words}".strip())] if mark else []
    top = y + (high - _LINE * len(lines)) // 2 + 14
    for index, (which, line) in enumerate(lines):
        text = _xml(shortened(printable(line), _LONGEST))
        yield f'<text class="{which}" x="{x}" y="{top + _LINE * index}">{text}</text>'
    yield "</g></a>" if link else "</g>"


def _xml(text: str) -> str:
    return escape(printable(text), {'"': "&quot;"})
