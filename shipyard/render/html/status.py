"""What runs, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shipyard.model.manifest import Manifest
from shipyard.model.observed import Engine
from shipyard.model.plan import Plan
from shipyard.model.stored import LayeredImage
from shipyard.render.drawing import Mark
from shipyard.render.graph import Graph
from shipyard.render.html.changes import change_list, with_removed
from shipyard.render.html.layers import layers_section
from shipyard.render.html.markup import Markup, element, joined
from shipyard.render.html.page import Section, graph_section, page
from shipyard.render.status import ServiceRow
from shipyard.render.summary import destructive_first
from shipyard.render.text import header


def status_html(
    manifest: Manifest,
    engine: Engine,
    rows: Sequence[ServiceRow],
    plan: Plan,
    graph: Graph,
    images: Sequence[LayeredImage],
) -> str:
    """The same bytes for the same arguments. `plan` is what would make all as declared."""
    names = " / ".join(name for name in (manifest.name, manifest.stage, manifest.instance) if name)
    running = sum(row.replicas[0] for row in rows)
    amiss = sum(_tone(row) in ("bad", "change") for row in rows)
    lead = f"{len(rows)} services, {running} containers running"
    head = [
        element("p", "Status", class_="quiet"),
        element("h1", header(manifest.name, manifest.stage, manifest.instance, engine.address)),
        element("p", f"{lead}, {amiss} to look at" if amiss else f"{lead}, all as declared", class_="lead"),
    ]
    attention = dict(plan.attention)
    boxes = [
        _service(number, row, attention.get(f"service.{row.name}")) for number, row in enumerate(rows, 1)
    ]
    drawn = with_removed(graph, plan)
    sections = [
        Section(id="services", heading="Services", parts=[element("ul", *boxes, class_="grid")]),
        graph_section(drawn, dict(_marks(rows))),
    ]
    if plan.operations:
        why = element("p", "What `shipyard apply` would do, and why.", class_="quiet")
        changes = change_list(destructive_first(plan), plan)
        sections.append(Section(id="changes", heading="Not as declared", parts=[why, changes]))
    return page(f"Status of {names}", head, [*sections, layers_section(images, "")])


def _tone(row: ServiceRow) -> str:
    if "unhealthy" in row.health or any(one in row.state for one in ("restarting", "dead")):
        return "bad"
    if row.note:
        return "change"
    return "good" if row.state == "running" else ""


def _words(row: ServiceRow) -> str:
    """`running, healthy`; without a check the state alone."""
    checked = row.health and row.health != "no check"
    return f"{row.state}, {row.health}" if checked else row.state


def _sign(row: ServiceRow) -> str:
    return "!" if _tone(row) in ("bad", "change") else ""


def _service(number: int, row: ServiceRow, attention: str | None) -> Markup:
    facts = list(_facts(row, attention))
    return element(
        "li",
        element("h3", row.name),
        element("p", f"{_sign(row)} {_words(row)}".strip(), class_="state"),
        element("dl", *(joined([element("dt", name), element("dd", told)]) for name, told in facts)),
        id=f"service-{number}",
        class_=f"box {_tone(row)}".strip(),
    )


def _facts(row: ServiceRow, attention: str | None) -> Iterator[tuple[str, str]]:
    if row.url:
        yield "URL", element("a", row.url, href=row.url)
    if row.ports:
        yield "ports", ", ".join(row.ports)
    yield "replicas", f"{row.replicas[0]} of {row.replicas[1]}"
    yield "health", row.health or "none"
    yield "restarts", str(row.restarts)
    yield "image", element("code", row.image)
    if row.note or attention:
        yield "note", "; ".join(one for one in (row.note, attention) if one)


def _marks(rows: Sequence[ServiceRow]) -> Iterator[tuple[str, Mark]]:
    for number, row in enumerate(rows, 1):
        mark = Mark(sign=_sign(row), words=_words(row), tone=_tone(row), link=f"service-{number}")
        yield f"service.{row.name}", mark
