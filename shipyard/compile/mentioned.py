"""What a project's own code says of files and folders that an image does without."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from shipyard.compile.context import PROJECT_FILES, READ
from shipyard.frameworks.modules import modules
from shipyard.model.build import Ignored
from shipyard.source import SourceError, SourceTree

_ASIDE = ("scripts", "bin", "migrations", "alembic", "docs", "examples", "build", ".")
"""Folders at the top where nothing is deployed from, and code is all the same; "." for what is no module."""
_LARGEST = 200_000


def kept_files(tree: SourceTree, folder: str, ignored: Ignored | None) -> tuple[str, ...]:
    """Names at the project's top of files for people and tools that a module names in a text, or that a line
    of the ignore file lets in."""
    let_in = let_in_by(ignored)
    found = []
    for name in tree.names(folder):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in PROJECT_FILES):
            continue
        if name in let_in or (_is_read(name) and _is_named(tree, folder, name)):
            found.append(name)
    return tuple(found)


def _is_read(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in READ)


def _is_named(tree: SourceTree, folder: str, name: str) -> bool:
    said = re.compile(rf"[\"'/]{re.escape(name)}[\"']")
    return any(said.search(one.text) for one in modules(tree, folder, name))


def let_in_by(ignored: Ignored | None) -> set[str]:
    """The first names of the paths that `!` lines let in."""
    lines = ignored.patterns if ignored is not None else ()
    return {line.lstrip("!/").partition("/")[0] for line in lines if line.startswith("!")}


def texts_beside(tree: SourceTree, folder: str, word: str) -> Iterator[str]:
    """Python modules that have a word, and scripts in folders that are not deployed from."""
    yield from (one.text for one in modules(tree, folder, word))
    for place in _ASIDE:
        for name in tree.names(posixpath.join(folder, place)):
            path = posixpath.normpath(posixpath.join(folder, place, name))
            if name.endswith(".sh") or (place != "." and name.endswith(".py")) or name == "Procfile":
                try:
                    text = tree.text(path) or ""
                except SourceError:
                    continue
                if word in text and len(text) < _LARGEST:
                    yield text


def links_into(tree: SourceTree, folder: str, name: str) -> bool:
    """Whether a link at the project's top leads into a folder of it."""
    top = tree.path(folder)
    inside = tree.path(posixpath.join(folder, name))
    if top is None or inside is None:
        return False
    links = (one for one in top.iterdir() if one.is_symlink())
    return any(one.resolve().is_relative_to(inside) for one in links)


def link_notes(tree: SourceTree, name: str, folder: str, copied: str) -> tuple[str, ...]:
    """Of the service `name`: each link at its project's top that leads out of what is copied."""
    top, whole = tree.path(folder), tree.path(copied)
    if top is None or whole is None:
        return ()
    links = (one for one in sorted(top.iterdir()) if one.is_symlink() and one.exists())
    return tuple(
        f"{name}: {one.name} leads to {one.readlink()}, which is not in the image: context copies more"
        for one in links
        if not one.resolve().is_relative_to(whole)
    )
