"""Line numbers of places in a TOML text. Only loaded when there is a place to tell."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING

from shipyard.model.origin import Path

if TYPE_CHECKING:
    from tree_sitter import Node

_DEPTH = 32
"""A dotted key may have a hundred thousand parts. Deeper places are told as the nearest parent."""

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})


class Locator:
    """Lines (from 1) of every key and list element of a valid TOML text."""

    def __init__(self, text: str) -> None:
        import tree_sitter_toml
        from tree_sitter import Language, Parser

        self._lines: dict[Path, int] = {}
        self._elements: dict[Path, int] = {}
        tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
        for node in tree.root_node.named_children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in ("table", "table_array_element"):
                self._table(node)

    def line(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest parent that is in the text."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return line
        return None

    def _table(self, node: Node) -> None:
        header = next(child for child in node.named_children if child.type in _KEYS)
        *parents, last = _names(header)[:_DEPTH]
        path: Path = ()
        for name in parents:
            path = (*path, name)
            self._mark(path, node)
            if path in self._elements:  # [a.b] after [[a]] is of the last element of a
                path = (*path, self._elements[path])
        path = (*path, last)
        self._mark(path, node)
        if node.type == "table_array_element":
            self._elements[path] = self._elements.get(path, -1) + 1
            path = (*path, self._elements[path])
            self._mark(path, node)
        for child in node.named_children:
            if child.type == "pair":
                self._pair(path, child)

    def _pair(self, parent: Path, node: Node) -> None:
        key, *values = (child for child in node.named_children if child.type != "comment")
        path = parent
        for name in _names(key)[:_DEPTH]:
            path = (*path, name)
            self._mark(path, node)
        for value in values:
            self._value(path, value)

    def _value(self, path: Path, node: Node) -> None:
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            elements = (child for child in node.named_children if child.type != "comment")
            for index, child in enumerate(elements):
                self._mark((*path, index), child)
                self._value((*path, index), child)

    def _mark(self, path: Path, node: Node) -> None:
        self._lines.setdefault(path, node.start_point.row + 1)


@lru_cache(maxsize=1)
def locator(text: str) -> Locator:
    """The Locator of `text`, kept for the next question about the same file."""
    return Locator(text)


def _names(key: Node) -> list[str]:
    if key.type == "dotted_key":
        return [name for child in key.named_children for name in _names(child)]
    text = key.text.decode() if key.text is not None else ""
    # A quoted key has escapes: the TOML parser itself knows them best.
    return [text] if key.type == "bare_key" else list(tomllib.loads(f"{text} = 0"))
