"""A stage as a graph: services with what they need and where they keep data, drawn as Mermaid and as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from shipyard.compile.spec import publish_text
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.record import Record
from shipyard.render.printable import printable, shortened

_WIDTH, _HEIGHT, _GAP, _ROW, _MARGIN = 190, 68, 30, 60, 20
_LONGEST = 26


class Node(Record):
    """`kind` is "service" or "volume"; `lines` are what is written in it, its name first; `row` counts from
    what nobody needs."""

    id: str
    kind: str
    lines: tuple[str, ...]
    row: int


class Graph(Record):
    """`edges` go from who needs or mounts something to that, by the nodes' ids."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


def graph_of(desired: Desired) -> Graph:
    """Services in the order of their names, then the volumes that they mount."""
    rows = _rows(desired)
    last = max(rows.values(), default=-1) + 1
    nodes, edges = [], []
    for spec in sorted(desired.services, key=lambda one: one.name):
        nodes.append(Node(id=f"service.{spec.name}", kind="service", lines=_lines(spec), row=rows[spec.name]))
        edges += [(f"service.{spec.name}", f"service.{need}") for need in sorted(spec.needs)]
        mounted = sorted({one.source for one in spec.volumes if one.kind == "volume" and one.source})
        edges += [(f"service.{spec.name}", f"volume.{name}") for name in mounted]
    named = {volume.name: volume.key for volume in desired.volumes}
    mounted = sorted({end for _, end in edges if end.startswith("volume.")})
    for node in mounted:
        name = node.removeprefix("volume.")
        nodes.append(Node(id=node, kind="volume", lines=(named.get(name, name), "volume"), row=last))
    return Graph(title=desired.deployment, nodes=tuple(nodes), edges=tuple(edges))


def _rows(desired: Desired) -> dict[str, int]:
    """How many stand in a row above each service: what needs it is above it."""
    rows = {spec.name: 0 for spec in desired.services}
    # In the order of their needs: what needs others comes after them.
    for spec in reversed(desired.services):
        for need in spec.needs:
            rows[need] = max(rows[need], rows[spec.name] + 1)
    return rows


def _lines(spec: ServiceSpec) -> tuple[str, ...]:
    made = f"image of {spec.built}" if spec.built and spec.built != spec.name else spec.image
    if spec.built == spec.name:
        made = "built from source"
    more = [f"{spec.replicas} replicas"] if spec.replicas > 1 else []
    more += [publish_text(one, spec.port) for one in spec.publish[:2]]
    return (spec.name, made, *([", ".join(more)] if more else []))


def mermaid(graph: Graph) -> str:
    """For Markdown that draws it, as on code hosts (Mermaid's flowchart)."""
    names = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for node in graph.nodes:
        text = "<br>".join(_mermaid_text(line) for line in node.lines)
        left, right = ('[("', '")]') if node.kind == "volume" else ('["', '"]')
        lines.append(f"    {names[node.id]}{left}{text}{right}")
    lines += [f"    {names[start]} --> {names[end]}" for start, end in graph.edges]
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """Character references of Mermaid's own: in quotes nothing else is read."""
    return "".join(one if one.isalnum() or one in " ._-:/," else f"#{ord(one)};" for one in printable(text))


_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1a1a1a; text-anchor: middle }
.name { font-weight: 600; font-size: 14px }
.more { fill: #555 }
rect { fill: #f4f7fb; stroke: #4a6fa5 } .volume rect { fill: #f7f4ec; stroke: #9a7b3f }
path { fill: none; stroke: #8a94a3; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #eee } .more { fill: #aaa } rect { fill: #1d2733 } .volume rect { fill: #2b261a }
}
"""


def svg(graph: Graph) -> str:
    """One drawing that needs nothing else, bright or dark as its reader has it."""
    rows: dict[int, list[Node]] = {}
    for node in graph.nodes:
        rows.setdefault(node.row, []).append(node)
    widest = max((len(nodes) for nodes in rows.values()), default=1)
    width = widest * (_WIDTH + _GAP) - _GAP + 2 * _MARGIN
    height = max(len(rows), 1) * (_HEIGHT + _ROW) - _ROW + 2 * _MARGIN
    places = {
        node.id: (
            (width - len(nodes) * (_WIDTH + _GAP) + _GAP) // 2 + index * (_WIDTH + _GAP),
            _MARGIN + line * (_HEIGHT + _ROW),
        )
        for line, (_, nodes) in enumerate(sorted(rows.items()))
        for index, node in enumerate(nodes)
    }
    body = [*_edges(graph, places), *(part for node in graph.nodes for part in _box(node, *places[node.id]))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">\n<title>{_xml(graph.title)}</title>\n<style>\n{_STYLE}</style>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _edges(graph: Graph, places: dict[str, tuple[int, int]]) -> Iterator[str]:
    for start, end in graph.edges:
        (x, y), (to_x, to_y) = places[start], places[end]
        x, y, to_x = x + _WIDTH // 2, y + _HEIGHT, to_x + _WIDTH // 2
        middle = (y + to_y) // 2
        arrow = f"M{to_x - 4} {to_y - 7}L{to_x} {to_y}L{to_x + 4} {to_y - 7}"
        yield f'<path d="M{x} {y}C{x} {middle} {to_x} {middle} {to_x} {to_y}{arrow}"/>'


def _box(node: Node, x: int, y: int) -> Iterator[str]:
    yield f'<g class="{node.kind}"><title>{_xml(", ".join(node.lines))}</title>'
    yield f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
    top = y + (_HEIGHT - 18 * len(node.lines)) // 2 + 14
    for index, line in enumerate(node.lines):
        kind = "more" if index else "name"
        text = _xml(shortened(printable(line), _LONGEST))
        yield f'<text class="{kind}" x="{x + _WIDTH // 2}" y="{top + 18 * index}">{text}</text>'
    yield "</g>"


def _xml(text: str) -> str:
    return escape(printable(text), {'"': "&quot;"})
