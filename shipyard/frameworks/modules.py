"""The Python modules of a project that may be its entry point, and what names mean in them."""

from __future__ import annotations

import ast
import contextlib
import posixpath
import sys
from collections.abc import Iterator
from functools import cached_property
from weakref import WeakKeyDictionary

from shipyard.frameworks import syntax
from shipyard.frameworks.syntax import dotted, module_statements
from shipyard.source import SourceError, SourceTree

_SKIPPED = (
    "tests",
    "test",
    "docs",
    "examples",
    "scripts",
    "migrations",
    "alembic",
    "node_modules",
    "venv",
    "build",
)
_DEPTH = 4
_MOST_FILES = 2000
_PACKAGES = {"celery", "django", "fastapi", "flask", "redis", "rq", "starlette", "sqlalchemy", "__init__"}
SOURCE = "src"
"""The folder of a src layout."""


class Module:
    """A module of the project: `path` relative to its folder, `name` as it is imported with `import_path`
    on the path. Its syntax is looked at when it is asked for: most modules never are. `beside` are names of
    modules in its own folder alone, where that is no package."""

    def __init__(self, path: str, text: str, beside: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.text = text
        self._beside = beside

    @cached_property
    def name(self) -> str:
        return self.last if self._is_apart else module_name(self.path)

    @cached_property
    def import_path(self) -> str:
        return posixpath.dirname(self.path) if self._is_apart else import_path(self.path)

    @cached_property
    def _is_apart(self) -> bool:
        """Whether it is made to be started in its own folder: it imports what stands beside it."""
        if not any(name in self.text for name in self._beside):
            return False
        nodes = list(ast.walk(self.syntax))
        if any(isinstance(node, ast.ImportFrom) and node.level for node in nodes):
            return False
        imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        return any(name.partition(".")[0] in self._beside for name in imported)

    @cached_property
    def syntax(self) -> ast.Module:
        """Empty for what is not valid for this Python."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def names(self) -> Names:
        return Names(self.syntax)

    @property
    def depth(self) -> int:
        """1 for a module at the top, 2 for one in a package."""
        return self.path.removeprefix(f"{SOURCE}/").count("/") + 1

    @property
    def last(self) -> str:
        """The file's own name, without its ending."""
        return posixpath.basename(self.path).removesuffix(".py")


_known: WeakKeyDictionary[SourceTree, dict[str, list[Module]]] = WeakKeyDictionary()
"""By tree and folder, since every framework asks for the same."""


def modules(tree: SourceTree, folder: str, *words: str) -> list[Module]:
    """Every module that may be deployed, in the order of the paths of each folder; with `words`, those that
    have one of them somewhere in their text, and are worth a look for who looks for such a name."""
    folders = _known.setdefault(tree, {})
    if folder not in folders:
        found = []
        paths = python_files(tree, folder)
        beside = _beside(paths)
        for path in paths:
            with contextlib.suppress(SourceError):
                text = tree.text(posixpath.join(folder, path)) or ""
                found.append(Module(path, text, beside.get(posixpath.dirname(path), frozenset())))
        folders[folder] = found
    if not words:
        return folders[folder]
    return [one for one in folders[folder] if any(word in one.text for word in words)]


def _beside(paths: list[str]) -> dict[str, frozenset[str]]:
    """By folder that is no package, and none that is imported from by itself, the modules in it that nothing
    else may be meant by: none at the top, of the standard library, or called like a package of the index."""
    there = set(paths)
    names: dict[str, set[str]] = {}
    for path in paths:
        folder, name = posixpath.split(path.removesuffix(".py"))
        if folder not in ("", SOURCE) and f"{folder}/__init__.py" not in there:
            names.setdefault(folder, set()).add(name)
    top = {path.removeprefix(f"{SOURCE}/").partition("/")[0].removesuffix(".py") for path in paths}
    return {
        folder: frozenset(found - top - sys.stdlib_module_names - _PACKAGES)
        for folder, found in names.items()
    }


def broken(tree: SourceTree, folder: str) -> Iterator[tuple[str, str]]:
    """(where, why) of each module that is not valid for this Python: nothing is ever found in one."""
    for module in modules(tree, folder):
        error = syntax.broken(module.text)
        if error is not None:
            yield f"{module.path}:{error[0]}", error[1]


def import_path(path: str) -> str:
    return SOURCE if path.startswith(f"{SOURCE}/") else ""


def source_path(tree: SourceTree, folder: str) -> str:
    """What must be importable besides the project's folder, as far as its layout tells."""
    return SOURCE if tree.is_dir(posixpath.join(folder, SOURCE)) else ""


def module_name(path: str) -> str:
    parts = path.removeprefix(f"{SOURCE}/").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_files(tree: SourceTree, folder: str) -> list[str]:
    """Paths relative to `folder`, without tests, documentation and the like."""
    found: list[str] = []

    def walk(relative: str, depth: int) -> None:
        inside = []
        for name in tree.names(posixpath.join(folder, relative)):
            path = f"{relative}/{name}" if relative else name
            if name.endswith(".py") and len(found) < _MOST_FILES:
                if not name.startswith("test_") and name != "conftest.py":
                    found.append(path)
            elif _worth_a_look(name, depth) and tree.is_dir(posixpath.join(folder, path)):
                inside.append(path)
        # What stands above first: there may be more than are looked at.
        for path in inside:
            walk(path, depth + 1)

    walk("", 0)
    return found


def _worth_a_look(name: str, depth: int) -> bool:
    return depth < _DEPTH and not name.startswith(".") and name not in _SKIPPED


class Names:
    """What the names of a module mean: `from aiohttp import web` makes `web.Application` into
    `aiohttp.web.Application`. A relative import begins with a dot."""

    def __init__(self, module: ast.Module) -> None:
        self._imported = dict(_imports(module))

    def meaning(self, node: ast.expr) -> str:
        """The full name of a chain of names, "" for anything else."""
        name = dotted(node)
        first, separator, rest = name.partition(".")
        return self._imported.get(first, first) + separator + rest

    def imported(self, package: str) -> bool:
        """Whether the module imports a package or something of it."""
        return any(full.partition(".")[0] == package for full in self._imported.values())


def _imports(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            for alias in node.names:
                separator = "" if start.endswith(".") else "."
                yield alias.asname or alias.name, f"{start}{separator}{alias.name}"


def main_guard(module: ast.Module) -> ast.If | None:
    """`if __name__ == "__main__":`, the mark of a script."""
    for node in module_statements(module.body):
        if (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Compare)
            and dotted(node.test.left) == "__name__"
            and len(node.test.comparators) == 1
            and isinstance(node.test.comparators[0], ast.Constant)
            and node.test.comparators[0].value == "__main__"
        ):
            return node
    return None
