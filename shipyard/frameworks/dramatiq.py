"""Dramatiq: a worker of every module that has actors, the one that sets the broker first."""

from __future__ import annotations

import ast

from shipyard.frameworks.application import Application
from shipyard.frameworks.manage import manage_script
from shipyard.frameworks.modules import Module, modules, source_path
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

_ACTOR = ("dramatiq.actor",)
_BROKER = "dramatiq.set_broker"
_PROCESSES = "1"
"""Dramatiq's own is one for each core of the machine, whatever the container may use. One has 8 threads;
more are replicas."""


class Dramatiq:
    """A project that depends on dramatiq and has actors."""

    name = "dramatiq"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get("dramatiq")
        if dependency is None:
            return None
        in_django = dependencies.get("django-dramatiq")
        manage = manage_script(tree, folder, service) if in_django is not None else None
        if in_django is not None and manage is not None:
            return Application(
                framework=self.name,
                evidence=in_django.where,
                app=manage.settings,
                app_evidence=manage.where,
                interface="own",
                role="worker",
                command=("python", manage.path, "rundramatiq", "--processes", _PROCESSES),
            )
        if service.app is not None:
            app, evidence, root = service.app, "declared", source_path(tree, folder)
        else:
            found = [
                (not sets, module, line)
                for module in modules(tree, folder, "dramatiq")
                for sets, line in [_says(module)]
                if line
            ]
            if not found:
                return None
            found.sort(key=lambda one: (one[0], one[1].path))
            app = " ".join(module.name for _, module, _ in found)
            evidence = ", ".join(f"{module.path}:{line}" for _, module, line in found)
            root = found[0][1].import_path
        return Application(
            framework=self.name,
            evidence=dependency.where,
            app=app,
            app_evidence=evidence,
            interface="own",
            role="worker",
            import_path=root,
            command=("dramatiq", *app.replace(",", " ").split(), "--processes", _PROCESSES),
        )


def _says(module: Module) -> tuple[bool, int]:
    """Whether a module sets the broker, and the line of that or of its first actor; 0 when of neither."""
    names = module.names
    calls = [
        node.lineno
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.Call) and names.meaning(node.func) == _BROKER
    ]
    if calls:
        return True, min(calls)
    actors = [
        decorator.lineno
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        if names.meaning(decorator.func if isinstance(decorator, ast.Call) else decorator) in _ACTOR
    ]
    return False, min(actors, default=0)
