"""Causes and operations in words, shared by every rendering for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from shipyard.compile.storage import KEY_VOLUME, RECORD_VOLUME
from shipyard.model.plan import (
    Cause,
    CreateService,
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    Interruption,
    Operation,
    PullImage,
    ReasonCause,
    RemoveRecords,
    RemoveService,
    RemoveVolume,
    ReplaceNetwork,
    ReplaceService,
    RunJob,
    ScaleService,
    StopService,
)
from shipyard.reconcile import moved
from shipyard.reconcile.resources import KEY_ADDRESS
from shipyard.render.printable import printable, shortened, shortened_pair

SYMBOLS = {
    "build": "+",
    "pull": "+",
    "push": "+",
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
SHOWN_FILES = 3
_SHOWN_DEPENDENCIES = 5
_DEPENDENCIES = "build.dependencies."
_LIMIT = 60
_COMMAND_LIMIT = 200
_PATH_LIMIT = 160
_SIZES = ("compose.memswap_limit", "compose.mem_reservation")
_DIGEST = r"[0-9a-f]{64}"
_DIGEST_OF = {"build.install": ": what is asked of the installer, or how"}
"""By path: what a digest is of, where its name does not say it."""


class Quoted(str):
    """A part of a sentence that somebody else wrote: a value, a path, a name."""

    __slots__ = ()


Words = tuple[str, ...]
"""A sentence: Shipyard's own words, and Quoted parts."""


def text_of(words: Words) -> str:
    """A sentence as plain text."""
    return printable("".join(words))


def title(operation: Operation) -> Words:
    """What an operation is about: the name of a service, `volume data`."""
    # Its service stays: what goes are the containers of an earlier before_deploy.
    lead = ("runs of ",) if isinstance(operation, RemoveRecords) else ()
    return (*lead, *address_words(operation.address))


def address_words(address: str) -> Words:
    if address == KEY_ADDRESS:
        return ("secret key",)
    kind, _, name = address.partition(".")
    return (Quoted(name),) if kind in ("service", "image", "job") else (f"{kind} ", Quoted(name))


def plain(value: object, limit: int = _LIMIT) -> str:
    """A value on one line, short; control characters escaped."""
    return shortened(_whole(value), limit)


def _whole(value: object) -> str:
    return "(none)" if value is None else printable(json.dumps(value, ensure_ascii=False, default=str))


def causes_words(operation: Operation, limit: int = _LIMIT) -> Iterator[Words]:
    """Why, one sentence for each cause; `limit` is the length at which a value is cut."""
    lead: Words = ("before_deploy: ",) if isinstance(operation, RunJob | RemoveRecords) else ()
    dependencies = 0
    for cause in operation.causes:
        if isinstance(cause, FieldCause) and cause.path.startswith(_DEPENDENCIES):
            dependencies += 1
            if dependencies > _SHOWN_DEPENDENCIES:
                continue
        for words in cause_words(cause, operation, limit):
            yield (*lead, *words)
            lead = ()
    if dependencies > _SHOWN_DEPENDENCIES:
        yield (f"and {dependencies - _SHOWN_DEPENDENCIES} more dependencies",)


def cause_words(cause: Cause, operation: Operation | None = None, limit: int = _LIMIT) -> Iterator[Words]:
    """One cause in a few words; a table of which several values changed is a sentence for each."""
    match cause:
        case FieldCause(sensitive=True):
            yield Quoted(cause.path), " changed (value hidden)"
        case FieldCause():
            yield from _change_words(cause.path, cause.before, cause.after, limit)
        case FilesCause():
            yield _files_words(cause)
        case ImageCause():
            yield _image_words(cause, operation)
        case DriftCause(path="image"):
            # The tag is as declared; which image it means is what changed.
            yield (
                *("drift: the tag now means image ", Quoted(plain(cause.declared, limit))),
                *(", what runs is ", Quoted(plain(cause.found, limit))),
            )
        case DriftCause(path=moved.TAG):
            yield "drift: its tag was moved by hand, to image ", Quoted(plain(cause.found, limit))
        case DriftCause(path=moved.INPUTS):
            yield "drift: it runs image ", Quoted(plain(cause.found, limit)), ", which is not of these inputs"
        case DriftCause():
            found, declared = (_value(cause.path, value, limit) for value in (cause.found, cause.declared))
            words: Words = ("drift: ", Quoted(cause.path), " is ", found, ", declared ", declared)
            taken = cause.declared == 0 and cause.path.startswith(("resources.", "compose."))
            yield (*words, ", which takes a new container") if taken else words
        case ReasonCause():
            yield (cause.text,)


def cause_text(cause: Cause, operation: Operation | None = None) -> str:
    """One cause as plain text."""
    return "; ".join(text_of(words) for words in cause_words(cause, operation))


def _change_words(path: str, before: object, after: object, limit: int) -> Iterator[Words]:
    old, new = _table(path, before), _table(path, after)
    if old is not None and new is not None and old != new:
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield from _change_words(f"{path}.{key}", old.get(key), new.get(key), limit)
    elif all(isinstance(value, str) and re.fullmatch(_DIGEST, value) for value in (before, after)):
        # A digest says nothing to people.
        yield Quoted(path), " changed", _DIGEST_OF.get(path, "")
    elif path.startswith("resources."):
        yield Quoted(path), " ", _value(path, before, limit), " -> ", _value(path, after, limit)
    else:
        was, now = shortened_pair(_whole(before), _whole(after), limit)
        yield Quoted(path), " ", Quoted(was), " -> ", Quoted(now)


def _table(path: str, value: object) -> Mapping[str, object] | None:
    """A table; a network's settings are recorded as JSON text."""
    if isinstance(value, Mapping):
        return value
    if path == "settings" and isinstance(value, str):
        try:
            found = json.loads(value)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None
    return None


def _value(path: str, value: object, limit: int) -> Quoted:
    """A value as shipyard.toml would say it: memory in units of 1024, no limit for 0 or none."""
    if path.startswith(("resources.", "compose.")):
        if value in (0, None, -1):
            return Quoted("no limit")
        if path in ("resources.memory", *_SIZES) and isinstance(value, int):
            for unit, size in (("G", 1024**3), ("M", 1024**2), ("K", 1024)):
                if value % size == 0:
                    return Quoted(f"{value // size}{unit}")
    return Quoted(plain(value, limit))


def _image_words(cause: ImageCause, operation: Operation | None) -> Words:
    owner = (cause.by or "").removeprefix("image.").rpartition("/")[0]
    if operation is not None and cause.by and owner != operation.name:
        return "image (shared with ", Quoted(owner), ")"
    if cause.by:
        return ("image",)
    if cause.before and cause.after:
        return "image ", Quoted(plain(cause.before)), " -> ", Quoted(plain(cause.after)), ", already there"
    return ("image changed",)


def _files_words(cause: FilesCause) -> Words:
    words: list[str] = []
    groups = (("changed", cause.changed), ("added", cause.added), ("removed", cause.removed))
    for verb, paths in groups:
        if not paths:
            continue
        words.append("; " if words else "")
        for index, path in enumerate(paths[:SHOWN_FILES]):
            words += [", " if index else "", Quoted(shortened(printable(path), _PATH_LIMIT))]
        more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
        words.append(f"{more} {verb}")
    total = sum(len(paths) for _, paths in groups)
    words.append(f" ({total} file{'s' if total != 1 else ''})")
    return tuple(word for word in words if word)


def effect_words(operation: Operation) -> Words:
    """What it does beyond its name: strategy, interruption, counts; empty when nothing."""
    match operation:
        case ReplaceService():
            return (f"{operation.strategy}, {_interruption(operation.interruption)}",)
        case ReplaceNetwork():
            return ("those on it are disconnected for a moment",)
        case CreateService():
            count = (f"{operation.replicas} replicas",) if operation.replicas > 1 else ()
            if not operation.publish:
                return count
            places = ", ".join(dict.fromkeys(map(_place, operation.publish)))
            return (*count, ", at " if count else "at ", Quoted(places))
        case ScaleService() if operation.removed:
            return (f"removes {_containers(len(operation.removed))}",)
        case RemoveService():
            return (f"removes {_containers(len(operation.containers))}",)
        case RemoveRecords():
            return (f"removes {_containers(len(operation.containers))} that ended",)
        case StopService():
            return ("until it is replaced, later in this plan",)
        case RemoveVolume():
            ours = operation.name.startswith((KEY_VOLUME, RECORD_VOLUME))
            return ("what Shipyard remembers of the stage",) if ours else ("the data in it is lost",)
        case PullImage():
            return (Quoted(operation.reference),)
        case RunJob():
            return (Quoted(shortened(printable(" ".join(operation.command)), _COMMAND_LIMIT)),)
        case _:
            return ()


def _place(publish: str) -> str:
    """Where a published port is reached, without that of the container."""
    host, _, _ = publish.rpartition(":")
    protocol = publish.rpartition("/")[2]
    place = f"a free port of {host[:-1]}" if host.endswith(":") else host
    return place if protocol == "tcp" else f"{place}/{protocol}"


def _interruption(pause: Interruption) -> str:
    if pause.seconds == 0:
        return f"no interruption: {pause.why}"
    # A long one is a limit, and its reason says so.
    return f"about {pause.seconds:g} s: {pause.why}" if pause.seconds <= 10 else pause.why


def _containers(count: int) -> str:
    return f"{count} container{'s' if count != 1 else ''}"
