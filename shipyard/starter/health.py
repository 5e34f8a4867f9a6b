"""The health page of an application, where its routes have one under a name that says so."""

from __future__ import annotations

import ast
import posixpath
import re

from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.application import Application
from shipyard.frameworks.objects import ObjectFramework
from shipyard.frameworks.syntax import dotted, parse, text_of
from shipyard.source import SourceTree

_NAME = re.compile(
    r"/?(?:api/)?(_?health(z|[-_]?check|/live|/ready)?|livez|readyz|ping|up|__heartbeat__|-/healthy)/?"
)
_ROUTES = ("get", "route", "api_route")
_CLASSES = tuple(title for one in FRAMEWORKS if isinstance(one, ObjectFramework) for title in one.classes)


def health_path(tree: SourceTree, application: Application | None) -> str | None:
    """The only such path of the application's own module, or of the urls.py beside Django's entry point; None
    where there is none or several. A page that another module brings may stand below a prefix."""
    if application is None or ":" not in application.app:
        return None
    module, _, name = application.app.partition(":")
    stem = posixpath.normpath(posixpath.join(application.import_path, *module.split(".")))
    django = application.framework == "django"
    if django:
        routes = parse(tree, posixpath.join(posixpath.dirname(stem), "urls.py"))
    else:
        routes = parse(tree, f"{stem}.py") or parse(tree, f"{stem}/__init__.py")
    if routes is None:
        return None
    adds = {"path"} if django else {"Route", *_methods(routes, name)}
    if application.framework == "litestar":
        adds.add("get")
    found = {
        path
        for node in ast.walk(routes)
        if isinstance(node, ast.Call) and node.args and dotted(node.func) in adds
        if (path := text_of(node.args[0])) and _NAME.fullmatch(path)
    }
    return f"/{found.pop().removeprefix('/')}" if len(found) == 1 else None


def _methods(routes: ast.Module, name: str) -> set[str]:
    """What adds a route to the application `name`, or to one that a function makes and may call otherwise."""
    made = {
        target.id
        for node in ast.walk(routes)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if dotted(node.value.func).rpartition(".")[2] in _CLASSES
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {f"{application}.{one}" for application in (name, *made) for one in _ROUTES}
