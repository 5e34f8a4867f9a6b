"""HTML that is put together from elements: whatever is no element itself is text, and escaped."""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.render.describe import Quoted, Words
from shipyard.render.printable import printable

_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


class Markup(str):
    """HTML, as opposed to text."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Text on one line, in which nothing is markup and nothing is hidden."""
    return Markup(printable(text).translate(_REFERENCES))


def element(name: str, *inside: str, **attributes: str | None) -> Markup:
    """`class_` and `aria_label` are the attributes class and aria-label; None leaves one out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{joined(inside)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    return Markup("".join(part if isinstance(part, Markup) else escaped(part) for part in parts))


def sentence(words: Words) -> Markup:
    """What somebody else wrote stands as code."""
    return joined(element("code", word) if isinstance(word, Quoted) else word for word in words)


def listing(items: Iterable[str], **attributes: str | None) -> Markup:
    """An unordered list; nothing without items."""
    lines = [element("li", item) for item in items]
    return element("ul", *lines, **attributes) if lines else Markup("")


def folded(summary: str, *inside: str) -> Markup:
    return element("details", element("summary", summary), *inside)
