"""Flask: an object or a factory, or what FLASK_APP names.

FLASK_APP comes from the service's env or from .flaskenv, in Flask's own syntax: a module or a file, with
`:name` or `:factory(...)` behind it.
"""

from __future__ import annotations

import io
import posixpath

from shipyard.frameworks.application import Application
from shipyard.frameworks.modules import import_path, module_name, source_path
from shipyard.frameworks.objects import ObjectFramework, the_one
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

VARIABLE = "FLASK_APP"
FILE = ".flaskenv"


class Flask(ObjectFramework):
    """A project that depends on flask and makes one application."""

    name = "flask"
    package = "flask"
    title = "Flask"
    classes = ("Flask",)
    interface = "wsgi"
    usual_modules = ("wsgi", "app", "main", "application", "server", "run", "__init__")
    names = ("app", "application")
    factories = ("create_app", "make_app")

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get(self.package)
        said = _said(tree, folder, service) if dependency is not None and service.app is None else None
        if dependency is None or said is None:
            return super().find(tree, folder, dependencies, service)
        text, where = said
        target, _, name = text.partition(":")
        path = target if target.endswith(".py") else f"{target}.py" if "/" in target else ""
        module = module_name(posixpath.normpath(path)) if path else target
        root = import_path(posixpath.normpath(path)) if path else source_path(tree, folder)
        factory = name.endswith(")")
        if not name:
            inside = [one for one in self.search(tree, folder) if one.module.name == module]
            entry = the_one(inside, self.title, service)
            name, factory = (entry.name, entry.factory) if entry is not None else ("app", False)
        return Application(
            framework=self.name,
            evidence=dependency.where,
            app=f"{module}:{name}",
            app_evidence=where,
            interface="wsgi",
            factory=factory,
            import_path=root,
        )


def _said(tree: SourceTree, folder: str, service: Service) -> tuple[str, str] | None:
    """FLASK_APP and where it is set."""
    declared = service.env.get(VARIABLE)
    if declared and all(isinstance(part, str) for part in declared):
        return "".join(map(str, declared)), f"services.{service.name}.env.{VARIABLE}"
    text = tree.text(posixpath.join(folder, FILE))
    if text is None:
        return None
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        if binding.key == VARIABLE and binding.value:
            return binding.value, f"{FILE}:{binding.original.line} {VARIABLE}"
    return None
