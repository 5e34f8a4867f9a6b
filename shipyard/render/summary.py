"""A plan as a whole, for people: what comes first, how many of what, and what unusual words mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shipyard.model.plan import DriftCause, MendService, Operation, Plan, ReplaceService, RunJob
from shipyard.render.printable import listed, printable

_REPAIRS = ("start", "unpause", "connect", "update", "mend")
_ORDER = (
    *("remove", "build", "pull", "push", "replace", "create", "scale", "stop", "repair", "run"),
    "unchanged",
)
_SHOWN_NAMES = 8
_GLOSSARY = {
    "drift": "what runs was changed by hand, or failed, since the last apply; the plan puts it back",
    "mend": "clear away what an interrupted apply left, and give back names that were changed by hand",
    "stop-first": "the old container stops before the new one starts",
    "start-first": "the new container is healthy before the old one stops",
    "before_deploy": "a command that runs once, before its service is replaced",
}


def destructive_first(plan: Plan) -> list[Operation]:
    """The destructive operations, then the others in the order in which they will run."""
    return sorted(plan.operations, key=lambda operation: not operation.destructive)


def counts(plan: Plan) -> dict[str, int]:
    """Operations by what they are to people: repairs together, in a fixed order."""
    found = dict.fromkeys(_ORDER, 0)
    for operation in plan.operations:
        word = "repair" if operation.action in _REPAIRS else operation.action
        found[word] = found.get(word, 0) + 1
    found["unchanged"] = len(plan.unchanged)
    return found


def summary_text(counts: Mapping[str, int]) -> str:
    """`1 to build, 2 to replace, 3 unchanged`."""
    words = {"repair": "to repair", "unchanged": "unchanged"}
    parts = [f"{count} {words.get(key, 'to ' + key)}" for key, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"


def glossary(plan: Plan) -> tuple[tuple[str, str], ...]:
    """(word, meaning) of each unusual word that a plan uses."""
    used: set[str] = set()
    for operation in plan.operations:
        match operation:
            case ReplaceService():
                used.add(operation.strategy)
            case MendService():
                used.add("mend")
            case RunJob():
                used.add("before_deploy")
            case _:
                pass
        if any(isinstance(cause, DriftCause) for cause in operation.causes):
            used.add("drift")
    return tuple((word, meaning) for word, meaning in _GLOSSARY.items() if word in used)


def grouped(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names by the text that is said of them, in the order in which the texts first come."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(text, []).append(name)
    return tuple((text, tuple(names)) for text, names in found.items())


def secrets_text(plan: Plan) -> tuple[str, ...]:
    """Where the secrets' values come from: a line, or none without secrets."""
    found = grouped(plan.secret_sources)
    if not found:
        return ()
    told = (
        f"{listed(names, _SHOWN_NAMES)} from {'the environment' if source == 'environment' else source}"
        for source, names in found
    )
    return (printable(f"secrets: {'; '.join(told)}"),)


def nothing_to_do(plan: Plan) -> str:
    """What an empty plan comes to."""
    if plan.attention:
        return (
            "Nothing to change: everything is as declared, and not everything is well. "
            "apply waits for that, and fails where it does not come."
        )
    return "Nothing to do: everything is as declared."
