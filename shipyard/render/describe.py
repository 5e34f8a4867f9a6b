"""Causes and operations in words, shared by every rendering for people."""

from __future__ import annotations

import json

from shipyard.model.plan import (
    BuildImage,
    Cause,
    ConnectService,
    CreateService,
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    Operation,
    PullImage,
    ReasonCause,
    ReplaceService,
    RunJob,
)

SYMBOLS = {
    "build": "+",
    "pull": "+",
    "create": "+",
    "replace": "~",
    "scale": "~",
    "run": ">",
    "start": "!",
    "unpause": "!",
    "connect": "!",
    "update": "!",
    "mend": "!",
    "stop": "-",
    "remove": "-",
}
_SHOWN_FILES = 3


def plain(value: object) -> str:
    """A value on one line, short; control characters escaped."""
    if value is None:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def cause_text(cause: Cause) -> str:
    """One cause in a few words."""
    match cause:
        case FieldCause(sensitive=True):
            return f"{cause.path} changed (value hidden)"
        case FieldCause():
            return f"{cause.path} {plain(cause.before)} -> {plain(cause.after)}"
        case FilesCause():
            return _files_text(cause)
        case ImageCause():
            return "image" if cause.by else "image changed"
        case DriftCause():
            return f"drift: {cause.path} is {plain(cause.found)}, declared {plain(cause.declared)}"
        case ReasonCause():
            return cause.text


def _files_text(cause: FilesCause) -> str:
    parts = []
    for word, paths in (("changed", cause.changed), ("added", cause.added), ("removed", cause.removed)):
        if paths:
            more = f" and {len(paths) - _SHOWN_FILES} more" if len(paths) > _SHOWN_FILES else ""
            parts.append(f"{', '.join(paths[:_SHOWN_FILES])}{more} {word}")
    total = len(cause.changed) + len(cause.added) + len(cause.removed)
    return f"{'; '.join(parts)} ({total} file{'s' if total != 1 else ''})"


def effect_text(operation: Operation) -> str:
    """What the operation does beyond its name: strategy, interruption, counts; "" when nothing."""
    match operation:
        case ReplaceService():
            pause = operation.interruption
            how = f"about {pause.seconds:g} s: {pause.why}" if 0 < pause.seconds <= 10 else pause.why
            return f"{operation.strategy}, {how}"
        case CreateService() if operation.replicas > 1:
            return f"{operation.replicas} replicas"
        case PullImage() | BuildImage():
            return operation.reference
        case RunJob():
            return " ".join(operation.command)
        case ConnectService():
            return ", ".join(sorted({network for _, network in operation.links}))
        case _:
            return ""


def summary_text(counts: dict[str, int]) -> str:
    """`1 to build, 2 to replace, 3 unchanged`."""
    words = {"repair": "to repair", "unchanged": "unchanged"}
    parts = [f"{count} {words.get(key, 'to ' + key)}" for key, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"
