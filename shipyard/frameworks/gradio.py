"""Gradio: a script that launches its interface."""

from __future__ import annotations

import ast

from shipyard.frameworks.application import Application
from shipyard.frameworks.modules import Module, modules, source_path
from shipyard.frameworks.scripts import Script, declared_script, script_application
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace
from shipyard.source import SourceTree

PORT = 7860


class Gradio:
    """A project that depends on gradio and calls launch(). One mounted in FastAPI is FastAPI's."""

    name = "gradio"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get("gradio")
        if dependency is None:
            return None
        if service.app is not None:
            found: Application | None = replace(
                declared_script(self.name, dependency.where, service.app, source_path(tree, folder)),
                command=("python", service.app),
            )
        else:
            scripts = [
                one for module in modules(tree, folder, "launch") if (one := _script(module)) is not None
            ]
            found = script_application(self.name, "Gradio", dependency.where, scripts, service, by_app=True)
        if found is None:
            return None
        port = service.port or PORT
        return replace(
            found,
            port=port,
            environment=(
                ("GRADIO_ANALYTICS_ENABLED", "False"),
                ("GRADIO_SERVER_NAME", "0.0.0.0"),
                ("GRADIO_SERVER_PORT", str(port)),
            ),
            # It closes its server on an interrupt alone; SIGTERM would end it at once.
            stop_signal="SIGINT",
        )


def _script(module: Module) -> Script | None:
    if not module.names.imported("gradio"):
        return None
    calls = [
        node
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "launch"
    ]
    if not calls:
        return None
    call = min(calls, key=lambda node: node.lineno)
    notes = tuple(
        f"{module.path}:{call.lineno} gives launch() a {key} of its own, which wins over the container's"
        for key in ("server_name", "server_port")
        if any(one.arg == key for one in call.keywords)
    )
    return Script(module=module, line=call.lineno, notes=notes)
