"""Frameworks whose application is an object: `app = FastAPI()`, or a function that returns one.

A framework of this kind is a subclass with names in it. Found are assignments at module level, to the
class or to a function that makes it (`app = create_app()`), and such functions themselves. Plainest is an
object in a module of a usual name (main.py at the top before others), under a usual name.
"""

from __future__ import annotations

import ast

from shipyard.frameworks.application import ELSEWHERE, FIRST, Application, ApplicationError, Interface, Rank
from shipyard.frameworks.modules import Module, modules, source_path
from shipyard.frameworks.syntax import assignments
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree

Function = ast.FunctionDef | ast.AsyncFunctionDef
_USUAL_MODULES = ("main", "app", "asgi", "server", "api")


class Entry(Record):
    """One candidate. `line` is where it is made."""

    module: Module
    name: str
    line: int
    factory: bool
    coroutine: bool = False
    rank: Rank

    @property
    def entry(self) -> str:
        return f"{self.module.name}:{self.name}"

    @property
    def where(self) -> str:
        return f"{self.module.path}:{self.line}"


class ObjectFramework:
    """`package` is the distribution that must be a dependency and the package that is imported, `title`
    the framework's own spelling, `classes` those of an application. `names` are the usual names of the
    object, `factories` of the function."""

    name: str
    package: str
    title: str
    classes: tuple[str, ...]
    interface: Interface = "asgi"
    usual_modules: tuple[str, ...] = _USUAL_MODULES
    names: tuple[str, ...] = ()
    factories: tuple[str, ...] = ()
    async_factories = False
    only_imported = False
    """Whether a class of the name counts only where it is seen to be imported from the package."""

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get(self.package)
        if dependency is None:
            return None
        if service.app is not None:
            # Starlette is in every lock that has FastAPI: whose it is, the source tells.
            made = any(one.entry == service.app.removesuffix("()") for one in self.search(tree, folder))
            application = Application(
                framework=self.name,
                evidence=dependency.where,
                app=service.app,
                app_evidence="declared",
                interface=self.interface,
                rank=FIRST if made else ELSEWHERE,
                factory=service.app.endswith(")"),
                import_path=source_path(tree, folder),
            )
            return self.complete(application, service, dependencies)
        entry = the_one(self.search(tree, folder), self.title, service)
        if entry is None:
            return None
        application = Application(
            framework=self.name,
            evidence=dependency.where,
            app=entry.entry,
            app_evidence=entry.where,
            interface=self.interface,
            rank=entry.rank,
            # A coroutine function is an application in itself to who takes one.
            factory=entry.factory and not entry.coroutine,
            import_path=entry.module.import_path,
        )
        return self.complete(application, service, dependencies)

    def complete(self, application: Application, service: Service, dependencies: Dependencies) -> Application:
        """The application with what only this framework knows of it."""
        return application

    def search(self, tree: SourceTree, folder: str) -> list[Entry]:
        """Every candidate."""
        made = {module.path: Makers(self, module) for module in modules(tree, folder, *self.classes)}
        found = [(makers.module.name, node.name) for makers in made.values() for node in makers.functions]
        functions = {f"{module}.{name}" for module, name in found}
        entries = []
        for module in modules(tree, folder, *self.classes, *(name for _, name in found)):
            makers = made.get(module.path) or Makers(self, module)
            entries += [
                self._entry(module, target, line)
                for target, value, line in assignments(module.syntax)
                if makers.makes(value) or makers.calls(value, functions)
            ]
            entries += [self._entry(module, node.name, node.lineno, node) for node in makers.functions]
        return entries

    def _entry(self, module: Module, name: str, line: int, function: Function | None = None) -> Entry:
        usual = self.factories if function is not None else self.names
        rank = 2
        if module.last in self.usual_modules:
            rank = 0 if module.depth <= 2 else 1
        by_name = usual.index(name) if name in usual else len(usual)
        return Entry(
            module=module,
            name=name,
            line=line,
            factory=function is not None,
            coroutine=isinstance(function, ast.AsyncFunctionDef),
            rank=(rank, by_name),
        )


class Makers:
    """What makes an application in one module."""

    def __init__(self, framework: ObjectFramework, module: Module) -> None:
        self._framework = framework
        self.module = module
        self._names = module.names
        self._own = {
            node.name
            for node in module.syntax.body
            if isinstance(node, ast.ClassDef) and any(self._is_class(base) for base in node.bases)
        }
        self.functions: list[Function] = [
            node
            for node in module.syntax.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and self._is_factory(node)
        ]

    def makes(self, value: ast.expr) -> bool:
        """Whether an expression makes the object."""
        return isinstance(value, ast.Call) and self._is_class(value.func)

    def calls(self, value: ast.expr, functions: set[str]) -> bool:
        """Whether an expression calls one of these functions, by full name."""
        if not isinstance(value, ast.Call):
            return False
        name = self._names.meaning(value.func)
        if name.startswith("."):
            package = self.module.name
            level = len(name) - len(name.lstrip("."))
            drop = level - (1 if self.module.last == "__init__" else 0)
            parts = package.split(".")
            name = ".".join([*parts[: len(parts) - drop], name.lstrip(".")])
        return name in functions or f"{self.module.name}.{name}" in functions

    def _is_class(self, node: ast.expr) -> bool:
        full = self._names.meaning(node)
        first, _, last = full.rpartition(".")
        if last in getattr(self, "_own", ()) and not first:
            return True
        if last not in self._framework.classes:
            return False
        origin = self._framework.package.replace("-", "_")
        if full.partition(".")[0] == origin:
            return True
        return not first and not self._framework.only_imported

    def _is_factory(self, node: Function) -> bool:
        """A function to call without arguments that makes the object and returns something; an annotation
        says it by itself."""
        if isinstance(node, ast.AsyncFunctionDef) and not self._framework.async_factories:
            return False
        taken = node.args
        if len(taken.posonlyargs) + len(taken.args) > len(taken.defaults) or None in taken.kw_defaults:
            return False
        if node.returns is not None and self._is_class(node.returns):
            return True
        makes = any(
            isinstance(one, ast.Assign | ast.AnnAssign | ast.Return)
            and one.value is not None
            and self.makes(one.value)
            for one in ast.walk(node)
        )
        return makes and any(isinstance(one, ast.Return) and one.value for one in ast.walk(node))


def the_one(entries: list[Entry], title: str, service: Service) -> Entry | None:
    """The plainest of them, an object before the functions that make it; None of none.

    Raises ApplicationError where several are as plain.
    """
    # One name in two branches is one application.
    entries = list({one.entry: one for one in reversed(entries)}.values())[::-1]
    objects = [one for one in entries if not one.factory] or entries
    best = [one for one in objects if one.rank == min(other.rank for other in objects)]
    if len(best) > 1:
        raise ApplicationError(
            f"found several {title} applications",
            where=f"services.{service.name}",
            details=tuple(f"{one.entry} ({one.where})" for one in best),
            hint=f'say which: add app = "{best[0].entry}" to [services.{service.name}]',
        )
    return best[0] if best else None
