"""The operations of a plan, each with its causes, what it takes and what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from shipyard.model.plan import FilesCause, Operation, Plan
from shipyard.render.describe import SHOWN_FILES, SYMBOLS, causes_words, effect_words, text_of, title
from shipyard.render.drawing import Mark
from shipyard.render.graph import Graph, Node
from shipyard.render.html.markup import Markup, element, escaped, folded, joined, listing, sentence
from shipyard.render.printable import printable, shortened

TONES = {"+": "good", "~": "change", "-": "bad", "!": "repair", ">": "job"}
_VALUE = 160
_CAUSES = 40
_FILES = 400
_WAITS = 12
_NAMED = 3
"""More operations in a row than these are told by their numbers."""


def change_list(operations: Sequence[Operation], plan: Plan) -> Markup:
    """Some of a plan's operations."""
    steps = {one.id: number for number, one in enumerate(plan.operations, 1)}
    named = {one.id: _name(one) for one in plan.operations}
    return element("ol", *(_change(one, steps, named) for one in operations), class_="changes")


def change_id(number: int) -> str:
    """The place of an operation in a page, by its number in the plan from 1."""
    return f"step-{number}"


def _name(operation: Operation) -> str:
    return f"{operation.action} {text_of(title(operation))}"


def _tone(operation: Operation) -> str:
    return "bad" if operation.destructive else TONES[SYMBOLS[operation.action]]


def _change(operation: Operation, steps: Mapping[str, int], named: Mapping[str, str]) -> Markup:
    sign = element("span", SYMBOLS[operation.action], class_="sign", aria_hidden="true")
    number = steps[operation.id]
    step = element("small", f"step {number} of {len(steps)}")
    causes = list(_causes(operation))
    waits = list(_waits(operation, steps, named))
    return element(
        "li",
        element("h3", element("span", sign, f"{operation.action} ", sentence(title(operation))), step),
        listing(causes) if len(causes) > 1 else element("p", *causes),
        _effect(operation),
        *_files(operation),
        element("p", "after ", *waits, class_="quiet") if waits else Markup(""),
        id=change_id(number),
        class_=_tone(operation),
    )


def _causes(operation: Operation) -> Iterator[Markup]:
    found = causes_words(operation, _VALUE)
    yield from (sentence(words) for words in islice(found, _CAUSES))
    if next(found, None) is not None:
        yield escaped("and more, which `shipyard plan` shows")


def _effect(operation: Operation) -> Markup:
    words = effect_words(operation)
    return element("p", sentence(words)) if words else Markup("")


def _files(operation: Operation) -> Iterator[Markup]:
    """The files of a build, where not all are named in its causes."""
    for cause in operation.causes:
        if not isinstance(cause, FilesCause):
            continue
        groups = (
            ("~", "changed", cause.changed),
            ("+", "added", cause.added),
            ("-", "removed", cause.removed),
        )
        if all(len(paths) <= SHOWN_FILES for _, _, paths in groups):
            continue
        lines = [(sign, verb, path) for sign, verb, paths in groups for path in paths]
        shown = [
            joined([f"{sign} {verb} ", element("code", shortened(printable(path), _VALUE))])
            for sign, verb, path in lines[:_FILES]
        ]
        more = [escaped(f"and {len(lines) - _FILES} more")] if len(lines) > _FILES else []
        yield folded(f"All {len(lines)} files", listing([*shown, *more]))


def _waits(operation: Operation, steps: Mapping[str, int], named: Mapping[str, str]) -> Iterator[str]:
    """What it waits for, as links; many in a row as one."""
    # What is waited for may be left out of a plan of drift alone.
    names = {steps[one]: named[one] for one in operation.after if one in steps}
    runs: list[list[int]] = []
    for number in sorted(names):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = []
    for run in runs:
        words = [f"steps {run[0]} to {run[-1]}"] if len(run) > _NAMED else [names[one] for one in run]
        told += [element("a", text, href=f"#{change_id(one)}") for one, text in zip(run, words, strict=False)]
    for index, link in enumerate(told[:_WAITS]):
        yield from (", ", link) if index else (link,)
    if len(told) > _WAITS:
        yield f" and {len(told) - _WAITS} more"


def with_removed(graph: Graph, plan: Plan) -> Graph:
    """The graph of what is declared, and of the services that the plan removes."""
    there = {node.id for node in graph.nodes}
    gone = {
        one.address: Node(id=one.address, kind="service", lines=(one.name, "no longer declared"), row=0)
        for one in plan.operations
        if one.address.startswith("service.") and one.address not in there
    }
    return Graph(title=graph.title, nodes=(*graph.nodes, *gone.values()), edges=graph.edges)


def change_marks(graph: Graph, plan: Plan) -> dict[str, Mark]:
    """What the plan does to each node, by its id; the link leads to the first of it."""
    found: dict[str, list[tuple[int, Operation]]] = {}
    for number, operation in enumerate(plan.operations, 1):
        found.setdefault(operation.address, []).append((number, operation))
    marks = {}
    for node in graph.nodes:
        kind, _, name = node.id.partition(".")
        if kind == "volume":
            addresses = [f"volume.{node.lines[0]}"]
        else:
            addresses = [f"service.{name}", f"image.{name}", f"job.{name}"]
        mine = [one for address in addresses for one in found.get(address, ())]
        if mine:
            number, first = mine[0]
            words = ", ".join(dict.fromkeys(one.action for _, one in sorted(mine, key=lambda one: one[0])))
            sign = SYMBOLS[first.action]
            marks[node.id] = Mark(sign=sign, words=words, tone=_tone(first), link=change_id(number))
    return marks
