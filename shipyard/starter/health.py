"""The health page of an application, where its routes have one under a name that says so."""

from __future__ import annotations

import ast
import posixpath
import re

from shipyard.frameworks.application import Application
from shipyard.frameworks.syntax import dotted, parse, text_of
from shipyard.source import SourceTree

_NAME = re.compile(r"/?(health(z|-?check)?|livez|readyz|ping|up|__heartbeat__)/?")
_ROUTES = ("get", "route", "api_route")


def health_path(tree: SourceTree, application: Application | None) -> str | None:
    """The only such path of the application's own module, or of the urls.py beside Django's entry point; None
    where there is none or several. A page that another module brings may stand below a prefix."""
    if application is None or ":" not in application.app:
        return None
    module, _, name = application.app.partition(":")
    file = f"{posixpath.join(application.import_path, *module.split('.'))}.py"
    django = application.framework == "django"
    if django:
        file = posixpath.join(posixpath.dirname(file), "urls.py")
    routes = parse(tree, posixpath.normpath(file))
    found = {
        path
        for node in (ast.walk(routes) if routes is not None else ())
        if isinstance(node, ast.Call) and node.args and _adds_route(dotted(node.func), name, django)
        if (path := text_of(node.args[0])) and _NAME.fullmatch(path)
    }
    return f"/{found.pop().removeprefix('/')}" if len(found) == 1 else None


def _adds_route(function: str, application: str, django: bool) -> bool:
    if django:
        return function == "path"
    return function == "Route" or function in {f"{application}.{one}" for one in _ROUTES}
