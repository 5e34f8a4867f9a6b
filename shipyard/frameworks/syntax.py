"""Questions that several frameworks ask of Python source, answered from its syntax tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from shipyard.source import SourceError, SourceTree

THIS_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
"""What sources are read by: Shipyard's own."""


def parse(tree: SourceTree, path: str) -> ast.Module | None:
    """The syntax tree of a file; None when it is missing or not valid for this Python."""
    try:
        text = tree.text(path)
        return ast.parse(text) if text is not None else None
    except (SyntaxError, ValueError, RecursionError, MemoryError, SourceError):
        return None


def broken(text: str) -> tuple[int, str] | None:
    """(line, why) of source that is not valid for this Python."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (ValueError, RecursionError, MemoryError):
        return 1, "it cannot be parsed"
    return None


def text_of(node: ast.expr | None) -> str | None:
    """A string literal's value."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts_in(node: ast.AST) -> list[str]:
    """Every string literal inside, in order."""
    return [
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def dotted(node: ast.expr) -> str:
    """`os.environ.get` of a chain of names, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def module_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run at import, those inside if, try and with included."""
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.With):
                yield from module_statements(getattr(statement, field, []))
        if isinstance(statement, ast.Try):
            for handler in statement.handlers:
                yield from module_statements(handler.body)


def assignments(module: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """(name, value, line) of each assignment at module level, `+=` included."""
    for statement in module_statements(module.body):
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            targets = [statement.target]
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and statement.value is not None:
                yield target.id, statement.value, statement.lineno
