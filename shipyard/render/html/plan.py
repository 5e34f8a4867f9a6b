"""A plan as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shipyard.model.plan import Plan, Problem
from shipyard.model.stored import LayeredImage
from shipyard.render.describe import address_words
from shipyard.render.drawing import Mark
from shipyard.render.graph import Graph
from shipyard.render.html.changes import change_list, change_marks, with_removed
from shipyard.render.html.layers import layers_section
from shipyard.render.html.markup import Markup, element, escaped, joined, listing, sentence
from shipyard.render.html.page import Section, graph_section, page
from shipyard.render.printable import listed
from shipyard.render.summary import (
    counts,
    destructive_first,
    glossary,
    grouped,
    nothing_to_do,
    secrets_text,
    summary_text,
)
from shipyard.render.text import header

_NAMES = 100
_NOT_ASKED = "The engine was not asked for images: `shipyard plan` with an engine shows their layers."


def plan_html(plan: Plan, graph: Graph, images: Sequence[LayeredImage] | None) -> str:
    """The same bytes for the same plan, graph and images; None for images that no engine was asked for."""
    names = " / ".join(name for name in (plan.project, plan.stage, plan.instance) if name)
    return page(f"Plan of {names}", list(_head(plan)), list(_sections(plan, graph, images)))


def _head(plan: Plan) -> Iterator[Markup]:
    engine = plan.engine.address if plan.engine else "no engine (offline)"
    yield element("p", "Plan", class_="quiet")
    yield element("h1", header(plan.project, plan.stage, plan.instance, engine))
    yield element("p", summary_text(counts(plan)), class_="lead")
    if plan.engine is None:
        yield element("p", "Compared with nothing; this is what a first apply would do.")


def _sections(plan: Plan, graph: Graph, images: Sequence[LayeredImage] | None) -> Iterator[Section]:
    operations = destructive_first(plan)
    split = sum(operation.destructive for operation in operations)
    if split:
        yield Section(id="destructive", heading="Destructive", parts=[change_list(operations[:split], plan)])
    if plan.problems:
        refused = element("p", "apply refuses this plan.")
        problems = element("ul", *map(_problem, plan.problems), class_="changes")
        yield Section(id="problems", heading="Problems", parts=[refused, problems])
    if notes := list(_notes(plan)):
        yield Section(id="notes", heading="Notes", parts=[listing(notes)])
    whole = with_removed(graph, plan)
    marks = {f"service.{name}": mark for name, mark in _unchanged_marks(plan)}
    yield graph_section(whole, marks | change_marks(whole, plan))
    if operations[split:]:
        yield Section(id="changes", heading="Changes", parts=[change_list(operations[split:], plan)])
    elif plan.empty and not plan.problems:
        yield Section(id="changes", heading="Changes", parts=[element("p", nothing_to_do(plan))])
    if plan.unchanged:
        shown = [
            element("li", sentence(address_words(address)), id=f"unchanged-{number}")
            for number, address in enumerate(plan.unchanged, 1)
        ]
        yield Section(id="unchanged", heading="Unchanged", parts=[element("ul", *shown, class_="names")])
    yield layers_section(images, _NOT_ASKED)
    if words := glossary(plan):
        told = [joined([element("dt", word), element("dd", meaning)]) for word, meaning in words]
        yield Section(id="words", heading="Words", parts=[element("dl", *told)])


def _unchanged_marks(plan: Plan) -> Iterator[tuple[str, Mark]]:
    for number, address in enumerate(plan.unchanged, 1):
        if address.startswith("service."):
            mark = Mark(sign="", words="unchanged", link=f"unchanged-{number}")
            yield address.removeprefix("service."), mark


def _problem(problem: Problem) -> Markup:
    told = element("span", _of(problem.address), f": {problem.title}")
    return element("li", element("h3", told), element("p", problem.hint), class_="bad")


def _notes(plan: Plan) -> Iterator[Markup]:
    for address, text in plan.attention:
        yield joined([element("strong", "attention: "), _of(address), f": {text}"])
    for text, addresses in grouped(plan.feels):
        names = listed(("".join(address_words(address)) for address in addresses), _NAMES)
        yield joined([f"{text}: {names}"])
    for entry in plan.not_compared:
        why = "not compared, for want of a value or a key here, or of a record: "
        yield joined([why, element("code", entry)])
    yield from map(escaped, (*secrets_text(plan), *plan.notes))


def _of(address: str) -> Markup:
    return sentence(address_words(address))
