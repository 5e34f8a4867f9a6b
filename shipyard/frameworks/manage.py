"""manage.py: where it is, and which settings it uses."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from shipyard.frameworks.application import ApplicationError
from shipyard.frameworks.syntax import dotted, parse, text_of
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree

MANAGE = "manage.py"
VARIABLE = "DJANGO_SETTINGS_MODULE"
_LEVELS = 2
_NOT_OURS = ("node_modules", "venv", "site-packages")
"""Folders of packages, which are many."""


class Manage(Record):
    """`path` is relative to the service's folder, `root` the folder that it stands in, "" for that
    itself; `settings` "" where the file names none."""

    path: str
    root: str
    settings: str
    where: str


def manage_script(tree: SourceTree, folder: str, service: Service) -> Manage | None:
    """The manage.py of a folder, or the only one that sets DJANGO_SETTINGS_MODULE in the folders below it, of
    the first level that has one.

    Raises ApplicationError where there are several.
    """
    if tree.is_file(posixpath.join(folder, MANAGE)):
        return _read(tree, folder, "")
    roots, below = [""], list[Manage]()
    for _ in range(_LEVELS):
        roots = [
            posixpath.join(root, name)
            for root in roots
            for name in tree.names(posixpath.join(folder, root))
            if not name.startswith(".") and name not in _NOT_OURS
        ]
        below = [
            found
            for root in roots
            if tree.is_file(posixpath.join(folder, root, MANAGE))
            if (found := _read(tree, folder, root)).settings
        ]
        if below:
            break
    if len(below) > 1:
        raise ApplicationError(
            "found several Django projects",
            where=f"services.{service.name}",
            details=tuple(one.where for one in below),
            hint=f'say which: add path = "{posixpath.normpath(posixpath.join(folder, below[0].root))}" '
            f"to [services.{service.name}]",
        )
    return below[0] if below else None


def _read(tree: SourceTree, folder: str, root: str) -> Manage:
    path = posixpath.join(root, MANAGE)
    settings, line = next(settings_named(tree, posixpath.join(folder, path)), ("", 0))
    where = f"{path}:{line} sets {VARIABLE}" if line else path
    return Manage(path=path, root=root, settings=settings, where=where)


def settings_named(tree: SourceTree, path: str) -> Iterator[tuple[str, int]]:
    """(module, line) of each `os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...)` of a file, and of each
    plain assignment to it."""
    module = parse(tree, path)
    for node in ast.walk(module) if module else ():
        value = None
        if isinstance(node, ast.Call) and dotted(node.func).endswith("environ.setdefault"):
            if len(node.args) == 2 and text_of(node.args[0]) == VARIABLE:
                value = text_of(node.args[1])
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0]
            if dotted(target.value).endswith("environ") and text_of(target.slice) == VARIABLE:
                value = text_of(node.value)
        if value:
            yield value, getattr(node, "lineno", 1)
