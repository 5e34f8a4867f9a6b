"""FastAPI: a module that makes a FastAPI object, or a function that returns one."""

from __future__ import annotations

import ast
import posixpath

from shipyard.frameworks.application import Application, ApplicationError
from shipyard.frameworks.syntax import assignments, dotted, parse
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree

_USUAL = ("main", "app", "asgi", "server", "api")
_SKIPPED = (
    "tests",
    "test",
    "docs",
    "examples",
    "scripts",
    "migrations",
    "alembic",
    "node_modules",
    "venv",
    "build",
)
_DEPTH = 4
_MOST_FILES = 2000


class _Found(Record):
    module: str
    name: str
    where: str
    factory: bool
    import_path: str
    rank: int

    @property
    def entry(self) -> str:
        return f"{self.module}:{self.name}"


class FastAPI:
    """A project that depends on fastapi and makes one application."""

    name = "fastapi"
    package = "fastapi"
    classes = ("FastAPI",)

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get(self.package)
        if dependency is None:
            return None
        import_path = "src" if tree.is_dir(posixpath.join(folder, "src")) else ""
        if service.app is not None:
            return Application(
                framework=self.name,
                evidence=dependency.where,
                app=service.app,
                app_evidence="declared",
                interface="asgi",
                factory=service.app.endswith("()"),
                import_path=import_path,
            )
        found = list(self._search(tree, folder))
        objects = [one for one in found if not one.factory] or found
        best = [one for one in objects if one.rank == min(other.rank for other in objects)]
        if not best:
            return None
        if len(best) > 1:
            raise ApplicationError(
                "found several FastAPI applications",
                where=f"services.{service.name}",
                details=tuple(f"{one.entry} ({one.where})" for one in best),
                hint=f'say which: add app = "{best[0].entry}" to [services.{service.name}]',
            )
        one = best[0]
        return Application(
            framework=self.name,
            evidence=dependency.where,
            app=one.entry,
            app_evidence=one.where,
            interface="asgi",
            factory=one.factory,
            import_path=one.import_path,
        )

    def _search(self, tree: SourceTree, folder: str) -> list[_Found]:
        found: list[_Found] = []
        for path in _python_files(tree, folder):
            module = parse(tree, posixpath.join(folder, path))
            if module is not None:
                found += self._in_module(module, path)
        return found

    def _in_module(self, module: ast.Module, path: str) -> list[_Found]:
        import_path = "src" if path.startswith("src/") else ""
        parts = path.removeprefix("src/").removesuffix(".py").split("/")
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        last = parts[-1]
        # main.py in the root or one package deep is where people look first.
        rank = (0 if len(parts) <= 2 else 1) if last in _USUAL else 2
        made = []
        for target, value, line in assignments(module):
            if self._makes(value):
                made.append(
                    _Found(
                        module=name,
                        name=target,
                        where=f"{path}:{line}",
                        factory=False,
                        import_path=import_path,
                        rank=rank,
                    )
                )
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and not node.args.args and self._returns(node):
                made.append(
                    _Found(
                        module=name,
                        name=node.name,
                        where=f"{path}:{node.lineno}",
                        factory=True,
                        import_path=import_path,
                        rank=rank,
                    )
                )
        return made

    def _makes(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in self.classes

    def _returns(self, function: ast.FunctionDef) -> bool:
        """A function that makes the object and returns something; an annotation says it by itself."""
        if function.returns is not None and dotted(function.returns).rpartition(".")[2] in self.classes:
            return True
        makes = any(
            isinstance(node, ast.Assign | ast.Return) and node.value is not None and self._makes(node.value)
            for node in ast.walk(function)
        )
        return makes and any(isinstance(node, ast.Return) and node.value for node in ast.walk(function))


def _worth_a_look(name: str, depth: int) -> bool:
    return depth < _DEPTH and not name.startswith(".") and name not in _SKIPPED


def _python_files(tree: SourceTree, folder: str) -> list[str]:
    found: list[str] = []

    def walk(relative: str, depth: int) -> None:
        for name in tree.names(posixpath.join(folder, relative)):
            path = f"{relative}/{name}" if relative else name
            if name.endswith(".py") and len(found) < _MOST_FILES:
                if not name.startswith("test_") and name != "conftest.py":
                    found.append(path)
            elif _worth_a_look(name, depth) and tree.is_dir(posixpath.join(folder, path)):
                walk(path, depth + 1)

    walk("", 0)
    return found
