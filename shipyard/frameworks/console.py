"""A packaged console script: the one that pyproject.toml declares."""

from __future__ import annotations

import posixpath
import tomllib

from shipyard.frameworks.application import Application, ApplicationError
from shipyard.frameworks.modules import source_path
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

PROJECT = "pyproject.toml"
_TABLES = (("project", "scripts"), ("tool", "poetry", "scripts"))


class ConsoleScript:
    """Run by its module, whether the project itself is installed or not."""

    name = "console-script"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        text = tree.text(posixpath.join(folder, PROJECT))
        found = _scripts(text or "")
        if service.app is not None and service.framework == self.name:
            found = {name: one for name, one in found.items() if service.app in (name, one[0])}
        if not found:
            return None
        if len(found) > 1:
            raise ApplicationError(
                "found several console scripts",
                where=f"services.{service.name}",
                details=tuple(f"{name} = {app} ({where})" for name, (app, where) in found.items()),
                hint=f'say which: add framework = "{self.name}" and app = "{next(iter(found))}" '
                f"to [services.{service.name}]",
            )
        (name, (app, where)), *_ = found.items()
        module, _, function = app.partition(":")
        first = function.partition(".")[0]
        start = f"import sys; from {module} import {first}; sys.argv[0] = {name!r}; sys.exit({function}())"
        return Application(
            framework=self.name,
            evidence=where,
            app=app,
            app_evidence=where,
            interface="own",
            role="program",
            import_path=source_path(tree, folder),
            command=("python", "-c", start),
        )


def _scripts(text: str) -> dict[str, tuple[str, str]]:
    """(entry point, where) by the script's name."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    for path in _TABLES:
        table: object = document
        for key in path:
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict) or not table:
            continue
        from shipyard.manifest.locate import locator

        line = locator(text).line
        return {
            name: (value.partition("[")[0].strip(), f"{PROJECT}:{line((*path, name))}")
            for name, value in table.items()
            if isinstance(value, str) and _is_entry(value.partition("[")[0].strip())
        }
    return {}


def _is_entry(text: str) -> bool:
    module, separator, function = text.partition(":")
    names = [*module.split("."), *function.split(".")]
    return bool(separator) and all(name.isidentifier() for name in names)
