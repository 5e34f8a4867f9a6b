"""What the source reads from its environment, whatever the framework."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from shipyard.frameworks.application import EnvironmentRead
from shipyard.frameworks.environment import environment_reads
from shipyard.frameworks.syntax import dotted, parse
from shipyard.source import SourceTree

_SKIPPED = ("tests", "test", "docs", "migrations", "node_modules", "venv", ".venv", "build", "dist")
_DEPTH = 4
_MOST_FILES = 500


def all_reads(tree: SourceTree, folder: str) -> tuple[EnvironmentRead, ...]:
    """Reads of os.environ and the like, and the fields of pydantic's settings, by name."""
    found: dict[str, EnvironmentRead] = {}
    for path in _modules(tree, folder, 0, [0]):
        module = parse(tree, path)
        if module is None:
            continue
        for read in (*environment_reads(module), *_pydantic(module)):
            found.setdefault(read.name, read)
    return tuple(found[name] for name in sorted(found))


def _modules(tree: SourceTree, folder: str, depth: int, seen: list[int]) -> Iterator[str]:
    for name in tree.names(folder):
        path = posixpath.normpath(posixpath.join(folder, name))
        if name.endswith(".py") and seen[0] < _MOST_FILES:
            seen[0] += 1
            yield path
        elif depth < _DEPTH and name not in _SKIPPED and not name.startswith(".") and tree.is_dir(path):
            yield from _modules(tree, path, depth + 1, seen)


def _pydantic(module: ast.Module) -> Iterator[EnvironmentRead]:
    """pydantic-settings: each field of a BaseSettings is a variable of its name, in upper case."""
    for node in ast.walk(module):
        if not isinstance(node, ast.ClassDef) or not any(
            dotted(base).rpartition(".")[2] == "BaseSettings" for base in node.bases
        ):
            continue
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                name = field.target.id.upper()
                default = field.value is not None
                yield EnvironmentRead(name=name, default=default, required=not default)
