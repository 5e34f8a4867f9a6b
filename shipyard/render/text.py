"""The plan for a terminal."""

from __future__ import annotations

from shipyard.model.plan import Operation, Plan
from shipyard.reconcile.resources import KEY_ADDRESS
from shipyard.render.describe import SYMBOLS, cause_text, effect_text, summary_text

_REPAIRS = ("start", "unpause", "connect", "update", "mend")
_COLOURS = {"+": "32", "~": "33", "-": "31", "!": "35", ">": "36"}


def header(project: str, stage: str, instance: str | None, engine: str) -> str:
    """The line every output begins with."""
    where = f"{project} / {stage}" + (f" / {instance}" if instance else "")
    return f"{where} on {engine}"


def counts(plan: Plan) -> dict[str, int]:
    """Operations by what they are to people: repairs together, in a fixed order."""
    order = ("remove", "build", "pull", "replace", "create", "scale", "repair", "run", "unchanged")
    found = dict.fromkeys(order, 0)
    for operation in plan.operations:
        found["repair" if operation.action in _REPAIRS else operation.action] += 1
    found["unchanged"] = len(plan.unchanged)
    return found


def plan_text(plan: Plan, *, colour: bool = False, width: int = 100) -> str:
    """The whole plan: destructive operations first, then in the order they will run."""
    engine = plan.engine.address if plan.engine else "no engine (offline)"
    head, summary = header(plan.project, plan.stage, plan.instance, engine), summary_text(counts(plan))
    lines = (
        [f"{head}    {summary}"] if len(head) + len(summary) + 4 <= width else [head, *_wrap(summary, width)]
    )
    lines.append("")
    if plan.engine is None:
        lines[-1:] = [
            *_wrap("offline: compared with nothing; this is what a first apply would do", width),
            "",
        ]
    ordered = sorted(plan.operations, key=lambda operation: not operation.destructive)
    names = [_name(operation) for operation in ordered]
    column = min(max((len(name) for name in names), default=0), 32)
    for operation, name in zip(ordered, names, strict=True):
        lines += _operation_lines(operation, name.ljust(column), colour, width)
    if plan.operations:
        lines.append("")
    for address, text in plan.attention:
        lines += _wrap(f"attention: {address.partition('.')[2]}: {text}", width)
    for address, text in plan.feels:
        lines += _wrap(f"unchanged: {address.partition('.')[2]} {text}", width)
    for entry in plan.not_compared:
        lines += _wrap(f"not compared: {entry} (no value or no key here)", width)
    for note in plan.notes:
        lines += _wrap(f"note: {note}", width)
    for problem in plan.problems:
        titles = _wrap(f"problem: {problem.address}: {problem.title}", width)
        lines += [_paint(line, "31", colour) for line in titles]
        lines += ["  " + line for line in _wrap(f"-> {problem.hint}", width - 2)]
    if plan.empty and not plan.problems:
        lines.append("Nothing to do: everything is as declared.")
    return "\n".join(lines).rstrip("\n") + "\n"


def _name(operation: Operation) -> str:
    if operation.address == KEY_ADDRESS:
        return "secret key"
    kind, _, name = operation.address.partition(".")
    return name if kind in ("service", "image", "job") else f"{kind} {name}"


def _operation_lines(operation: Operation, name: str, colour: bool, width: int) -> list[str]:
    symbol = SYMBOLS[operation.action]
    head = f"{symbol} {operation.action:<8} {name}  "
    painted = _paint(head, _COLOURS[symbol], colour)
    causes = [cause_text(cause) for cause in operation.causes]
    effect = effect_text(operation)
    one_line = "; ".join(causes) + (f"    {effect}" if effect else "")
    if len(head) + len(one_line) <= width:
        return [painted + one_line]
    indent = " " * len(head)
    lines = causes + ([effect] if effect else [])
    room = max(20, width - len(head))
    wrapped = [piece for line in lines for piece in _wrap(line, room)]
    return [painted + wrapped[0]] + [indent + piece for piece in wrapped[1:]]


def _wrap(line: str, room: int) -> list[str]:
    import textwrap

    return textwrap.wrap(line, room, subsequent_indent="  ") or [""]


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
