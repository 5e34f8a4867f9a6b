"""The members of a uv workspace (uv's documentation, "Using workspaces")."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Mapping

from shipyard.managers.project import PROJECT, read_project, table, texts
from shipyard.source import SourceTree

_DEPTH = 3
_SKIPPED = ("node_modules", "venv")


def workspace(tree: SourceTree, folder: str = ".") -> dict[str, object]:
    """Its table in the pyproject.toml of a folder, empty where there is none. Raises ProjectError."""
    return table(read_project(tree, folder), "tool", "uv", "workspace")


def is_member(folder: str, declared: Mapping[str, object]) -> bool:
    """Of a folder, relative to the workspace's."""
    inside, outside = (
        any(_matches(folder, one) for one in texts(declared.get(key))) for key in ("members", "exclude")
    )
    return inside and not outside


def _matches(folder: str, pattern: str) -> bool:
    """Name by name: a star is no more than one."""
    names, wanted = folder.split("/"), posixpath.normpath(pattern).split("/")
    if wanted[-1] == "**":
        names, wanted = names[: len(wanted) - 1], wanted[:-1]
    return len(names) == len(wanted) and all(map(fnmatch.fnmatchcase, names, wanted))


def members(tree: SourceTree) -> tuple[str, ...]:
    """The members' folders, by path; none where the project's folder is no workspace. Raises ProjectError."""
    declared = workspace(tree)
    if not declared:
        return ()
    return tuple(
        one for one in folders(tree, _DEPTH) if is_member(one, declared) and tree.is_file(f"{one}/{PROJECT}")
    )


def folders(tree: SourceTree, depth: int, top: str = ".") -> Iterator[str]:
    """Those of a project that may be projects themselves, each before what is in it."""
    for name in tree.names(top):
        path = posixpath.normpath(posixpath.join(top, name))
        if not name.startswith(".") and name not in _SKIPPED and tree.is_dir(path):
            yield path
            if depth > 1:
                yield from folders(tree, depth - 1, path)
