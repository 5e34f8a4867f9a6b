"""A stage as a graph: services with what they need, their networks and where they keep data; as Mermaid."""

from __future__ import annotations

from shipyard.compile.spec import publish_text
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.record import Record
from shipyard.render.printable import printable


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
    keys = {network.name: network.key for network in desired.networks}
    nodes, edges = [], []
    for spec in sorted(desired.services, key=lambda one: one.name):
        lines = _lines(spec, tuple(keys.get(name, name) for name in spec.networks))
        nodes.append(Node(id=f"service.{spec.name}", kind="service", lines=lines, row=rows[spec.name]))
        edges += [(f"service.{spec.name}", f"service.{need}") for need in sorted(spec.needs)]
        mounted = sorted({one.source for one in spec.volumes if one.kind == "volume" and one.source})
        edges += [(f"service.{spec.name}", f"volume.{name}") for name in mounted]
    named = {volume.name: volume.key for volume in desired.volumes}
    below: dict[str, int] = {}
    for start, end in edges:
        if end.startswith("volume."):
            below[end] = max(below.get(end, 0), rows[start.removeprefix("service.")] + 1)
    for node, row in sorted(below.items()):
        name = node.removeprefix("volume.")
        nodes.append(Node(id=node, kind="volume", lines=(named.get(name, name), "volume"), row=row))
    return Graph(title=desired.deployment, nodes=tuple(nodes), edges=tuple(edges))


def _rows(desired: Desired) -> dict[str, int]:
    """How many stand in a row above each service: what needs it is above it."""
    rows = {spec.name: 0 for spec in desired.services}
    # In the order of their needs: what needs others comes after them.
    for spec in reversed(desired.services):
        for need in spec.needs:
            rows[need] = max(rows[need], rows[spec.name] + 1)
    return rows


def _lines(spec: ServiceSpec, networks: tuple[str, ...]) -> tuple[str, ...]:
    made = f"image of {spec.built}" if spec.built and spec.built != spec.name else spec.image
    if spec.built == spec.name:
        made = "built from source"
    more = [f"{spec.replicas} replicas"] if spec.replicas > 1 else []
    more += [publish_text(one, spec.port) for one in spec.publish[:2]]
    # To be on the default network alone is what goes without saying.
    on = [f"on {', '.join(networks)}"] if set(networks) - {"default"} else []
    return (spec.name, made, *([", ".join(more)] if more else []), *on)


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
