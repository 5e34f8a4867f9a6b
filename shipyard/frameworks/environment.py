"""Which environment variables a module reads: by os.environ, django-environ's env, decouple's config,
dj-database-url."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shipyard.frameworks.application import EnvironmentRead
from shipyard.frameworks.syntax import dotted, text_of

_LENIENT = ("os.environ.get", "environ.get", "os.getenv", "getenv")
_STRICT = ("env", "config")
_UNNAMED = {
    "dj_database_url.config": "DATABASE_URL",
    **dict.fromkeys(("env.db", "env.db_url"), "DATABASE_URL"),
    **dict.fromkeys(("env.cache", "env.cache_url"), "CACHE_URL"),
    **dict.fromkeys(("env.email", "env.email_url"), "EMAIL_URL"),
}
"""What is read by a call that names nothing (dj-database-url's and django-environ's documentation)."""


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
        elif isinstance(node, ast.Call):
            read = _call(node, schemes)
            if read is not None:
                yield read


def _literal(node: ast.expr) -> str:
    """A text, or a truth value in words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(node.value).lower()
    return text_of(node) or ""


def _call(node: ast.Call, schemes: set[str | None]) -> EnvironmentRead | None:
    function = dotted(node.func)
    given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("env", "var"))]
    name = text_of(given[0]) if given else _UNNAMED.get(function)
    if not name:
        return None
    defaults = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
    default, fallback = bool(defaults), _literal(defaults[0]) if defaults else ""
    if function in (*_LENIENT, "dj_database_url.config"):
        return EnvironmentRead(name=name, default=default, required=False, fallback=fallback)
    method = function.removeprefix("env.") if function.startswith("env.") else ""
    if function not in _STRICT and not method:
        return None
    default = default or name in schemes
    casts = [dotted(keyword.value) for keyword in node.keywords if keyword.arg == "cast"]
    return EnvironmentRead(
        name=name,
        default=default,
        required=not default,
        cast=method or next(iter(casts), ""),
        fallback=fallback,
    )
