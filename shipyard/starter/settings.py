"""What the source reads from its environment, whatever the framework."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from shipyard.frameworks.application import EnvironmentRead
from shipyard.frameworks.environment import environment_reads
from shipyard.frameworks.syntax import dotted, parse, text_of
from shipyard.source import SourceTree

_SKIPPED = ("tests", "test", "docs", "migrations", "node_modules", "venv", ".venv", "build", "dist")
_CONFIGURATION = ("SettingsConfigDict", "ConfigDict", "dict")
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


def _prefix(settings: ast.ClassDef) -> str:
    """What its variables begin with: `model_config`, a keyword of the class, or the older class Config."""
    told = list(settings.keywords)
    for node in ast.walk(settings):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _CONFIGURATION:
            told += node.keywords
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            told += [ast.keyword(arg=text_of(key), value=value) for key, value in pairs]
        elif isinstance(node, ast.Assign) and any(dotted(one) == "env_prefix" for one in node.targets):
            told.append(ast.keyword(arg="env_prefix", value=node.value))
    return next((text_of(one.value) or "" for one in told if one.arg == "env_prefix"), "")


def _field(value: ast.expr | None) -> tuple[bool, str | None]:
    """(whether a value is there already, the name of its variable where the field says one)."""
    if not isinstance(value, ast.Call) or dotted(value.func).rpartition(".")[2] != "Field":
        return value is not None, None
    given = {one.arg: one.value for one in value.keywords}
    first = value.args[0] if value.args else given.get("default", given.get("default_factory"))
    default = first is not None and not (isinstance(first, ast.Constant) and first.value is Ellipsis)
    names = (text_of(given.get(one)) for one in ("validation_alias", "alias", "env"))
    return default, next((name for name in names if name), None)


def _pydantic(module: ast.Module) -> Iterator[EnvironmentRead]:
    """pydantic-settings: each field of a BaseSettings is a variable of its name, in upper case, behind
    the prefix of all."""
    for node in ast.walk(module):
        if not isinstance(node, ast.ClassDef) or not any(
            dotted(base).rpartition(".")[2] == "BaseSettings" for base in node.bases
        ):
            continue
        prefix = _prefix(node)
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                default, said = _field(field.value)
                bare = (said or field.target.id).upper()
                name = bare if said else f"{prefix.upper()}{bare}"
                yield EnvironmentRead(name=name, default=default, required=not default, bare=bare)
