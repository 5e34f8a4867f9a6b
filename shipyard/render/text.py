"""The plan for a terminal, and as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipyard.model.plan import Operation, Plan
from shipyard.render.describe import SYMBOLS, address_words, causes_words, effect_words, text_of, title
from shipyard.render.printable import Measure, listed, printable, wrapped
from shipyard.render.summary import (
    counts,
    destructive_first,
    glossary,
    grouped,
    nothing_to_do,
    secrets_text,
    summary_text,
)

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    "heading": "bold",
    "destructive": "bold red",
    "problem": "red",
    "attention": "yellow",
    "aside": "dim",
    "+": "green",
    "~": "yellow",
    "-": "yellow",
    "!": "magenta",
    ">": "cyan",
}
_NARROWEST = 24
_WIDEST_NAME = 32
_SHOWN_NAMES = 8
_ROOM = 24
"""Columns that causes need beside a name; with fewer they go below it."""

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with the name of its style; "" for none."""


def header(project: str, stage: str, instance: str | None, engine: str) -> str:
    """The line every output begins with."""
    where = f"{project} / {stage}" + (f" / {instance}" if instance else "")
    return printable(f"{where} on {engine}")


def plan_text(plan: Plan, *, width: int = 100) -> str:
    """The whole plan as plain text, the same bytes for the same plan and width."""
    lines = ("".join(text for text, _ in line) for line in plan_lines(plan, width))
    return "\n".join(lines) + "\n"


def print_plan(plan: Plan, console: Console) -> None:
    """The whole plan on a terminal, in colours if the console has any, wide characters counted as two."""
    from rich.cells import cell_len
    from rich.text import Text

    for line in plan_lines(plan, console.width, cell_len):
        pieces = ((text, _STYLES.get(style, "")) for text, style in line)
        console.print(Text.assemble(*pieces), soft_wrap=True)


def plan_lines(plan: Plan, width: int, measure: Measure = len) -> list[Line]:
    """Destructive operations first, then the others in the order in which they will run; no line wider
    than `width` columns (24 at least)."""
    width = max(width, _NARROWEST)
    lines = [*_heading(plan, width, measure), ()]
    ordered = destructive_first(plan)
    names = [text_of(title(operation)) for operation in ordered]
    column = min(max((measure(name) for name in names), default=0), _WIDEST_NAME)
    for operation, name in zip(ordered, names, strict=True):
        lines += _operation_lines(operation, name, column, width, measure)
    for block in (_remarks(plan, width, measure), _problems(plan), _asides(plan)):
        if block and lines[-1]:
            lines.append(())
        for text, style, indent in block:
            pieces = wrapped(text, width - indent, measure)
            lines += [
                ((" " * indent, ""), (piece, style)) if indent else ((piece, style),) for piece in pieces
            ]
    return lines if lines[-1] else lines[:-1]


def _heading(plan: Plan, width: int, measure: Measure) -> list[Line]:
    engine = plan.engine.address if plan.engine else "no engine (offline)"
    head, summary = header(plan.project, plan.stage, plan.instance, engine), summary_text(counts(plan))
    lines: list[Line]
    if measure(head) + 4 + len(summary) <= width:
        lines = [((head, "heading"), ("    " + summary, ""))]
    else:
        lines = [((piece, "heading"),) for piece in wrapped(head, width, measure)]
        lines += [((piece, ""),) for piece in wrapped(summary, width)]
    if plan.engine is None:
        text = "offline: compared with nothing; this is what a first apply would do"
        lines += [((piece, ""),) for piece in wrapped(text, width)]
    return lines


def _operation_lines(
    operation: Operation, name: str, column: int, width: int, measure: Measure
) -> list[Line]:
    symbol = SYMBOLS[operation.action]
    style = "destructive" if operation.destructive else symbol
    head = f"{symbol} {operation.action:<8} "
    causes = [text_of(words) for words in causes_words(operation)]
    effect = text_of(effect_words(operation))
    indent = len(head) + column + 2
    padded = name + " " * (column - measure(name)) + "  "
    beside = measure(name) <= column and indent + _ROOM <= width
    one_line = "; ".join(causes) + (f"    {effect}" if effect else "")
    if beside and indent + measure(one_line) <= width:
        return [((head + padded, style), (one_line, ""))]
    sentences = [*causes, effect] if effect else causes
    if not beside:
        pieces = wrapped(head + name, width, measure)
        below = [piece for text in sentences for piece in wrapped(text, width - 4, measure)]
        return [*(((piece, style),) for piece in pieces), *((("    " + piece, ""),) for piece in below)]
    first, *rest = (piece for text in sentences for piece in wrapped(text, width - indent, measure))
    return [((head + padded, style), (first, "")), *(((" " * indent + piece, ""),) for piece in rest)]


_Remark = tuple[str, str, int]
"""Text, style and indent."""


def _remarks(plan: Plan, width: int, measure: Measure) -> list[_Remark]:
    lines: list[_Remark] = []
    for address, text in plan.attention:
        lines.append((f"attention: {_name(address)}: {printable(text)}", "attention", 0))
    if plan.unchanged and not plan.empty:
        lines.append((_unchanged(plan, width, measure), "aside", 0))
    for text, addresses in grouped(plan.feels):
        lines.append((f"{printable(text)}: {listed(map(_name, addresses), _SHOWN_NAMES)}", "aside", 0))
    for entry, addresses in grouped(_parted(entry) for entry in plan.not_compared):
        services = f" of {listed(map(_name, addresses), _SHOWN_NAMES)}" if addresses != ("",) else ""
        text = f"not compared: {printable(entry)}{services} (no value or key here, or none recorded)"
        lines.append((text, "aside", 0))
    if not plan.empty:
        lines += [(text, "aside", 0) for text in secrets_text(plan)]
    for note in plan.notes:
        lines.append((f"note: {printable(note)}", "aside", 0))
    return lines


def _unchanged(plan: Plan, width: int, measure: Measure) -> str:
    """As many names as fit on one line."""
    names = [_name(address) for address in plan.unchanged]
    shown = min(len(names), width // 3)
    while shown > 1 and measure(f"unchanged: {listed(names, shown)}") > width:
        shown -= 1
    return f"unchanged: {listed(names, shown)}"


def _problems(plan: Plan) -> list[_Remark]:
    lines: list[_Remark] = []
    for problem in plan.problems:
        lines.append((f"problem: {printable(f'{problem.address}: {problem.title}')}", "problem", 0))
        lines.append((f"-> {printable(problem.hint)}", "", 2))
    if plan.empty and not plan.problems:
        lines.append((nothing_to_do(plan), "", 0))
    return lines


def _asides(plan: Plan) -> list[_Remark]:
    return [(f"{word}: {meaning}", "aside", 0) for word, meaning in glossary(plan)]


def _name(address: str) -> str:
    return text_of(address_words(address))


def _parted(entry: str) -> tuple[str, str]:
    """`service.web: secrets.TOKEN` as its two halves; an entry of another shape is about nothing."""
    address, colon, what = entry.partition(": ")
    return (address, what) if colon else ("", entry)
