"""A project's .gitignore files as lines of an ignore file for builds.

What git ignores is on one machine only: uploads, a local database, keys, built assets. An image of it would
be another one on every machine, and another one in CI. The rules are those of gitignore(5) as far as
BuildKit's patterns can say them: a folder that is ignored can be opened again by a later `!` line.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from shipyard.model.record import Record, replace
from shipyard.source import SourceTree
from shipyard.source.git import tracked_though_ignored

FILE = ".gitignore"
_DEPTH = 2
_SKIPPED = ("node_modules", "venv", "__pycache__")


def gitignore_lines(tree: SourceTree, context: str) -> tuple[str, ...]:
    """The lines for a build context, from the repository's root down to two folders below the context; files
    that git keeps all the same are let in again."""
    lines: list[_Line] = []
    parts = [] if context == "." else context.split("/")
    lines += _lines_above(tree, "" if context == "." else context)
    for depth in range(len(parts) + 1):
        folder = "/".join(parts[:depth]) or "."
        below = "/".join(parts[depth:])
        seen = (_seen(line, below) for line in _lines(tree, folder))
        lines += [line for line in seen if line is not None]
    for folder in _folders(tree, context, 0):
        prefix = posixpath.relpath(folder, context)
        lines += [
            _Line(include=line.include, pattern=f"{prefix}/{line.pattern}") for line in _lines(tree, folder)
        ]
    made = tuple(f"!{line.pattern}" if line.include else line.pattern for line in lines)
    return (*made, *(f"!{path}" for path in _kept(tree, context, lines)))


def _lines_above(tree: SourceTree, below: str) -> list[_Line]:
    """Of the folders between the repository's root and the project's."""
    if (tree.root / ".git").exists():
        return []
    parents = list(tree.root.parents)
    at = next((index for index, one in enumerate(parents) if (one / ".git").exists()), None)
    found: list[_Line] = []
    for parent in reversed(parents[: at + 1] if at is not None else []):
        file = parent / FILE
        if file.is_file():
            inner = posixpath.join(tree.root.relative_to(parent).as_posix(), below).rstrip("/")
            text = file.read_text(encoding="utf-8", errors="replace")
            seen = (_seen(line, inner) for one in text.split("\n") if (line := _converted(one)) is not None)
            # Who keeps all of a home folder in git ignores all that is not added.
            found += [line for line in seen if line is not None and line.pattern.strip("*/")]
    return found


def _kept(tree: SourceTree, context: str, lines: list[_Line]) -> Iterator[str]:
    """Modules in a folder that a line ignores (lib/, in the lists that many start with) and git keeps."""
    top = tree.path(context)
    words = {line.pattern.removeprefix("**/").removesuffix("/**") for line in lines if not line.include}
    for name in tree.names(context) if top is not None else ():
        if name in words and name not in _SKIPPED and _has_modules(tree, posixpath.join(context, name)):
            yield from tracked_though_ignored(top or tree.root, name)


def _has_modules(tree: SourceTree, folder: str) -> bool:
    names = tree.names(folder)
    inside = (one for name in names if not name.startswith(".") for one in tree.names(f"{folder}/{name}"))
    return any(name.endswith(".py") for name in (*names, *inside))


class _Line(Record):
    """`include`: it takes back what an earlier line ignored."""

    include: bool
    pattern: str


def _lines(tree: SourceTree, folder: str) -> list[_Line]:
    text = tree.text(posixpath.normpath(posixpath.join(folder, FILE))) or ""
    return [found for line in text.split("\n") if (found := _converted(line)) is not None]


def _converted(line: str) -> _Line | None:
    """One line of a .gitignore; None for a comment or an empty one."""
    text = line.rstrip("\r")
    while text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1]
    if not text or text.startswith("#"):
        return None
    include = text.startswith("!")
    text = text[1:] if include else text
    folder_only = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return None
    anchored = "/" in text
    text = text.lstrip("/").replace("[!", "[^")
    if not anchored:
        text = f"**/{text}"
    if text.startswith("#"):
        text = f"\\{text}"  # what is no comment here is one in an ignore file
    # A file of that name is not meant; of a folder only what is in it can reach an image.
    return _Line(include=include, pattern=f"{text}/**" if folder_only else text)


def _seen(line: _Line, below: str) -> _Line | None:
    """A line of a parent folder as the context `below` it sees it; None when it is about other folders."""
    if not below or line.pattern.startswith("**/"):
        return line
    wanted, given = line.pattern.split("/"), below.split("/")
    for position, name in enumerate(given):
        if position >= len(wanted) or wanted[position] == "**":
            return replace(line, pattern="/".join(wanted[position:]) or "**")
        if not fnmatch.fnmatchcase(name, wanted[position].replace("[^", "[!")):
            return None
    return replace(line, pattern="/".join(wanted[len(given) :]) or "**")


def _folders(tree: SourceTree, folder: str, depth: int) -> Iterator[str]:
    for name in tree.names(folder) if depth < _DEPTH else ():
        path = posixpath.normpath(posixpath.join(folder, name))
        if not name.startswith(".") and name not in _SKIPPED and tree.is_dir(path):
            yield path
            yield from _folders(tree, path, depth + 1)
