"""Which environment variables a module reads: os.environ, django-environ's env, decouple's config."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shipyard.frameworks.application import EnvironmentRead
from shipyard.frameworks.syntax import dotted, text_of

_LENIENT = ("os.environ.get", "environ.get", "os.getenv", "getenv")
_STRICT = ("env", "config")


def environment_variable(node: ast.AST) -> str | None:
    """The first variable that an expression reads."""
    return next((one.name for one in environment_reads(node)), None)


def environment_reads(tree: ast.AST) -> Iterator[EnvironmentRead]:
    """Every read with a literal name, in order."""
    schemes = {
        keyword.arg
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and dotted(call.func) in ("environ.Env", "Env")
        for keyword in call.keywords
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and dotted(node.value) in ("os.environ", "environ"):
            name = text_of(node.slice)
            if name and isinstance(node.ctx, ast.Load):
                yield EnvironmentRead(name=name, default=False, required=True)
        elif isinstance(node, ast.Call) and node.args:
            read = _call(node, schemes)
            if read is not None:
                yield read


def _call(node: ast.Call, schemes: set[str | None]) -> EnvironmentRead | None:
    function, name = dotted(node.func), text_of(node.args[0])
    if not name:
        return None
    default = len(node.args) > 1 or any(keyword.arg == "default" for keyword in node.keywords)
    if function in _LENIENT:
        return EnvironmentRead(name=name, default=default, required=False)
    method = function.removeprefix("env.") if function.startswith("env.") else ""
    if function not in _STRICT and not method:
        return None
    default = default or name in schemes
    casts = [dotted(keyword.value) for keyword in node.keywords if keyword.arg == "cast"]
    return EnvironmentRead(
        name=name, default=default, required=not default, cast=method or next(iter(casts), "")
    )
