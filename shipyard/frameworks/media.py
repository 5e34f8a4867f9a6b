"""Where Django keeps uploads: MEDIA_ROOT, as far as its expression can be read."""

from __future__ import annotations

import ast
import posixpath

from shipyard.frameworks.syntax import dotted, text_of

_READS = ("environ.get", "getenv", "env", "config", "env.str", "env.path", "environ.setdefault")


def media_folder(value: ast.expr | None) -> str | None:
    """The folder, absolute or relative to the project's own (which BASE_DIR is by everyone's habit); None
    where it is empty or made in a way that is not known.

    Known are `BASE_DIR / "media"`, `os.path.join(BASE_DIR, "media")`, `str(...)` of these, a text, and what a
    variable falls back on.
    """
    found = _parts(value) if value is not None else None
    folder = posixpath.normpath(posixpath.join(*found)) if found and all(found) else ""
    return folder if folder and folder not in (".", "/") and not folder.startswith("..") else None


def _parts(value: ast.expr) -> list[str] | None:
    text = text_of(value)
    if text is not None:
        return [text]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        left, right = _parts(value.left), _parts(value.right)
        return left + right if left is not None and right is not None else None
    if isinstance(value, ast.Name | ast.Attribute):
        return ["."] if dotted(value).rpartition(".")[2] in ("BASE_DIR", "PROJECT_DIR", "ROOT_DIR") else None
    if not isinstance(value, ast.Call):
        return None
    called = dotted(value.func)
    if called.endswith(("path.join", "joinpath")):
        parts = [_parts(argument) for argument in value.args]
        return [one for part in parts for one in part or [""]] if all(parts) else None
    if called in ("str", "Path", "pathlib.Path") and len(value.args) == 1:
        return _parts(value.args[0])
    if called.endswith(_READS):
        default = [one.value for one in value.keywords if one.arg == "default"] or value.args[1:2]
        return _parts(default[0]) if default else None
    return None
