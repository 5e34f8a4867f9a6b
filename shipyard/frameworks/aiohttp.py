"""aiohttp: an application object for gunicorn, or a script that calls web.run_app."""

from __future__ import annotations

import ast

from shipyard.frameworks.application import Application
from shipyard.frameworks.environment import environment_variable
from shipyard.frameworks.modules import Module, modules
from shipyard.frameworks.objects import ObjectFramework
from shipyard.frameworks.scripts import Script, script_application
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace
from shipyard.source import SourceTree

PORT = 8080
_RUN = "aiohttp.web.run_app"


class Aiohttp(ObjectFramework):
    """A project that depends on aiohttp and serves: many only use its client."""

    name = "aiohttp"
    package = "aiohttp"
    title = "aiohttp"
    classes = ("Application",)
    interface = "aiohttp"
    names = ("app", "application")
    factories = ("create_app", "make_app", "init_app", "app_factory")
    async_factories = True
    only_imported = True

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        found = super().find(tree, folder, dependencies, service)
        dependency = dependencies.get(self.package)
        if found is not None or dependency is None:
            return found
        scripts = [
            script
            for module in modules(tree, folder, "run_app")
            if (script := self._script(module, service)) is not None
        ]
        return script_application(self.name, self.title, dependency.where, scripts, service)

    def _script(self, module: Module, service: Service) -> Script | None:
        """A module that serves when it is run: run_app, with the port that its text names."""
        calls = [
            node
            for node in ast.walk(module.syntax)
            if isinstance(node, ast.Call) and module.names.meaning(node.func) == _RUN
        ]
        if not calls:
            return None
        script = Script(module=module, line=min(call.lineno for call in calls), port=service.port or PORT)
        given = next((one.value for one in calls[0].keywords if one.arg == "port"), None)
        if isinstance(given, ast.Constant) and isinstance(given.value, int):
            return replace(script, port=given.value)
        variable = environment_variable(given) if given is not None else None
        if variable is not None:
            return replace(script, environment=((variable, str(script.port)),))
        return script
