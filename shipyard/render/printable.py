"""Text that others wrote, made safe to print: it may come from files, labels and names on an engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

# Control characters (C0, C1: a terminal obeys both), what makes text run backwards or not be seen
# (Unicode's format characters), line and paragraph separators, and halves of characters, which cannot
# be encoded. Written out, so that no Python's Unicode tables change what is printed.
_UNPRINTABLE = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTEXT = 8

Measure = Callable[[str], int]
"""How many columns of a terminal a text takes."""


def printable(text: str) -> str:
    """The same text on one line, with all that a terminal would obey or hide written as \\u escapes.

    They are JSON's escapes: JSON text stays JSON with the same meaning.
    """
    return re.sub(_UNPRINTABLE, _escape, text)


def printable_lines(text: str) -> str:
    """The same with its line breaks and tabs kept."""
    return re.sub(r"[^\n\t]+", lambda match: printable(match[0]), text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or escaped(match[0])


def escaped(text: str) -> str:
    """Every character as a \\u escape."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def shortened(text: str, limit: int) -> str:
    """The beginning of a long text."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def shortened_pair(before: str, after: str, limit: int) -> tuple[str, str]:
    """Two different texts, shortened so that one sees where they differ."""
    if len(before) > limit or len(after) > limit:
        same = next(
            (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
            min(len(before), len(after)),
        )
        if same > limit // 2:
            start = same - _CONTEXT
            before, after = "..." + before[start:], "..." + after[start:]
    return shortened(before, limit), shortened(after, limit)


def listed(names: Iterable[str], shown: int) -> str:
    """`a, b, c and 4 more`."""
    all_names = list(names)
    more = f" and {len(all_names) - shown} more" if len(all_names) > shown else ""
    return ", ".join(all_names[:shown]) + more


def wrapped(text: str, room: int, measure: Measure = len) -> list[str]:
    """Lines of at most `room` columns; all but the first hang by two. A word too long is broken."""
    lines: list[str] = []
    line, hang = "", ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line.strip(" ") else hang + word
        while measure(joined) > room:
            if line.strip(" "):
                lines.append(line)
                line, hang = "", "  "
                joined = hang + word
                continue
            fits = _fitting(joined, room, measure)
            lines.append(joined[:fits])
            hang = "  "
            joined = hang + joined[fits:]
        line = joined
    return [*(one.rstrip(" ") for one in lines), line.rstrip(" ")]


def _fitting(text: str, room: int, measure: Measure) -> int:
    """How many characters fit: one more than the indent at least, so that it ends."""
    fits = min(len(text), room)
    while fits > 3 and measure(text[:fits]) > room:
        fits -= 1
    return max(fits, 3)
