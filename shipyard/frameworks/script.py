"""A plain script: the only file of the project that is a program."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.frameworks.modules import main_guard, modules
from shipyard.frameworks.scripts import Script, script_application
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

_TOOLS = ("manage", "setup", "conftest", "noxfile", "fabfile", "tasks", "gunicorn", "wsgi", "asgi")
"""Programs for people, and modules for servers."""


class PlainScript:
    """`package/__main__.py`, or a file at the top with `if __name__ == "__main__":`."""

    name = "script"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        scripts: list[Script] = []
        for module in modules(tree, folder):
            if "__main__" not in module.text and module.last != "__main__":
                continue
            guard = main_guard(module.syntax)
            if module.last == "__main__" and module.depth <= 2:
                scripts.append(Script(module=module, line=guard.lineno if guard else 1))
            elif module.depth == 1 and guard is not None and module.last not in _TOOLS:
                scripts.append(Script(module=module, line=guard.lineno))
        if service.app is not None and service.framework == self.name:
            scripts = [one for one in scripts if service.app in (one.module.path, one.module.name)]
        evidence = next((one.where for one in scripts), "")
        return script_application(self.name, "plain", evidence, scripts, service, role="program")
