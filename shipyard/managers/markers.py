"""Environment markers: what of them is known before an image is built, and what is left.

The grammar is that of the "Dependency specifiers" specification, with the list forms of pylock.toml. An
image is Linux, and the chosen extras and groups are known; versions of Python and the kind of processor
stay open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from shipyard.model.record import Record

KNOWN = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
"""What is the same in every image."""
_OLD_NAMES = {"os.name": "os_name", "sys.platform": "sys_platform", "platform.machine": "platform_machine"}
_PIECE = r"""\s*(\(|\)|"[^"]*"|'[^']*'|===|[<>=!~]=|[<>]|[A-Za-z_][A-Za-z0-9_.]*)"""


class MarkerError(ValueError):
    """It is no marker."""


class Atom(Record):
    """One comparison; texts keep their quotes."""

    left: str
    operator: str
    right: str


class Every(Record):
    parts: tuple[Marker, ...]


class Either(Record):
    parts: tuple[Marker, ...]


Marker = bool | Atom | Every | Either


def known(text: str, extras: Iterable[str] = (), groups: Iterable[str] = ()) -> Marker:
    """What is left of a marker in an image with these extras and groups. Raises MarkerError."""
    if not text.strip():
        return True
    tokens = _tokens(text)
    marker, end = _either(tokens, 0)
    if end != len(tokens):
        raise MarkerError(text)
    return _decide(marker, frozenset(map(normal, extras)), frozenset(map(normal, groups)))


def normal(name: str) -> str:
    """A name as installers compare it (specification "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(text: str) -> str:
    """The normalised name that a requirement begins with."""
    return normal(re.split(r"[^A-Za-z0-9._-]", text.strip(), maxsplit=1)[0])


def every(parts: Iterable[Marker]) -> Marker:
    """All of them."""
    found: dict[Marker, None] = {}
    for part in parts:
        if part is False:
            return False
        if part is not True:
            found |= dict.fromkeys(part.parts if isinstance(part, Every) else (part,))
    # What an alternative asks for and is asked for anyway decides nothing.
    kept = [one for one in found if not (isinstance(one, Either) and set(one.parts) & found.keys())]
    return True if not kept else kept[0] if len(kept) == 1 else Every(parts=tuple(kept))


def either(parts: Iterable[Marker]) -> Marker:
    """Any of them."""
    found: dict[Marker, None] = {}
    for part in parts:
        if part is True:
            return True
        if part is not False:
            found |= dict.fromkeys(part.parts if isinstance(part, Either) else (part,))
    kept = [one for one in found if not (isinstance(one, Every) and set(one.parts) & found.keys())]
    return False if not kept else kept[0] if len(kept) == 1 else Either(parts=tuple(kept))


def marker_text(marker: Marker) -> str:
    """The marker as it is written; empty when it always holds."""
    match marker:
        case True:
            return ""
        case False:
            return "python_version < '0'"
        case Atom():
            return f"{marker.left} {marker.operator} {marker.right}"
        case Every():
            return " and ".join(
                f"({marker_text(part)})" if isinstance(part, Either) else marker_text(part)
                for part in marker.parts
            )
        case Either():
            return " or ".join(map(marker_text, marker.parts))


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = re.compile(_PIECE).match(text, at)
        if match is None:
            raise MarkerError(text)
        tokens.append(match[1])
        at = match.end()
    return tokens


def _either(tokens: list[str], at: int) -> tuple[Marker, int]:
    part, at = _every(tokens, at)
    parts = [part]
    while at < len(tokens) and tokens[at] == "or":
        part, at = _every(tokens, at + 1)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Either(parts=tuple(parts))), at


def _every(tokens: list[str], at: int) -> tuple[Marker, int]:
    part, at = _one(tokens, at)
    parts = [part]
    while at < len(tokens) and tokens[at] == "and":
        part, at = _one(tokens, at + 1)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Every(parts=tuple(parts))), at


def _one(tokens: list[str], at: int) -> tuple[Marker, int]:
    if tokens[at : at + 1] == ["("]:
        inner, at = _either(tokens, at + 1)
        if tokens[at : at + 1] != [")"]:
            raise MarkerError(" ".join(tokens))
        return inner, at + 1
    operator, width = (tokens[at + 1 : at + 2] or [""])[0], 1
    if tokens[at + 1 : at + 3] == ["not", "in"]:
        operator, width = "not in", 2
    words = tokens[at : at + 1] + tokens[at + 1 + width : at + 2 + width]
    if len(words) < 2 or not re.fullmatch(r"===|[<>=!~]=|[<>]|in|not in", operator):
        raise MarkerError(" ".join(tokens))
    if any(word in ("(", ")", "and", "or", "in", "not") for word in words):
        raise MarkerError(" ".join(tokens))
    left, right = (_OLD_NAMES.get(word, word) for word in words)
    return Atom(left=left, operator=operator, right=right), at + 2 + width


def _decide(marker: Marker, extras: frozenset[str], groups: frozenset[str]) -> Marker:
    match marker:
        case Every():
            return every(_decide(part, extras, groups) for part in marker.parts)
        case Either():
            return either(_decide(part, extras, groups) for part in marker.parts)
        case Atom():
            return _decide_atom(marker, extras, groups)
    return marker


def _decide_atom(atom: Atom, extras: frozenset[str], groups: frozenset[str]) -> Marker:
    left, right = atom.left, atom.right
    sets = {"extra": extras, "extras": extras, "dependency_groups": groups}
    if (left in sets or right in sets) and atom.operator in ("==", "!=", "in", "not in"):
        text, name = (right, left) if left in sets else (left, right)
        return (normal(text.strip("\"'")) in sets[name]) is (atom.operator in ("==", "in"))
    values = [KNOWN.get(word, word[1:-1] if word[0] in "\"'" else None) for word in (left, right)]
    if None in values or not (left in KNOWN or right in KNOWN):
        return atom
    first, second = str(values[0]), str(values[1])
    match atom.operator:
        case "==" | "===":
            return first == second
        case "!=":
            return first != second
        case "in":
            return first in second
        case "not in":
            return first not in second
    return atom
