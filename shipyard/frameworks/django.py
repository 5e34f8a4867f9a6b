"""Django: manage.py names the settings, and the settings name the rest."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass, field
from typing import Literal

from shipyard.frameworks.application import Application, ApplicationError, EnvironmentRead
from shipyard.frameworks.environment import environment_reads, environment_variable
from shipyard.frameworks.syntax import (
    assignments,
    dotted,
    parse,
    text_of,
    texts_in,
)
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

MANAGE = "manage.py"
VARIABLE = "DJANGO_SETTINGS_MODULE"
_ASGI_SERVERS = ("uvicorn", "daphne", "hypercorn", "granian")
_DEPTH = 8


@dataclass(slots=True)
class _Settings:
    """What the settings files assign, the last one winning; (value, where)."""

    values: dict[str, tuple[ast.expr, str]] = field(default_factory=dict)
    installed: list[str] = field(default_factory=list)
    reads: list[EnvironmentRead] = field(default_factory=list)


class Django:
    """A folder with a manage.py that sets DJANGO_SETTINGS_MODULE."""

    name = "django"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        if dependencies.get("django") is None or not tree.is_file(posixpath.join(folder, MANAGE)):
            return None
        module, evidence = _settings_module(tree, folder, service)
        settings = _Settings()
        _read_settings(tree, folder, module, settings, 0)
        app, app_evidence, interface = _entry_point(tree, folder, module, settings, dependencies, service)
        static = _static(settings)
        hosts, hosts_env, hosts_evidence = _hosts(settings)
        return Application(
            framework=self.name,
            evidence=evidence,
            app=app,
            app_evidence=app_evidence,
            interface=interface,
            static=static,
            hosts=hosts,
            hosts_env=hosts_env,
            hosts_evidence=hosts_evidence,
            reads=tuple(settings.reads),
        )


def _settings_module(tree: SourceTree, folder: str, service: Service) -> tuple[str, str]:
    declared = service.env.get(VARIABLE)
    if declared and all(isinstance(part, str) for part in declared):
        return "".join(map(str, declared)), f"services.{service.name}.env.{VARIABLE}"
    module = parse(tree, posixpath.join(folder, MANAGE))
    for node in ast.walk(module) if module else ():
        if (
            isinstance(node, ast.Call)
            and dotted(node.func).endswith("environ.setdefault")
            and len(node.args) == 2
        ):
            value = text_of(node.args[1])
            if text_of(node.args[0]) == VARIABLE and value:
                return value, f"{MANAGE}:{node.lineno} sets {VARIABLE}"
    raise ApplicationError(
        f"{MANAGE} does not say which settings it uses",
        where=posixpath.normpath(posixpath.join(folder, MANAGE)),
        hint=f'add env = {{ {VARIABLE} = "project.settings" }} to [services.{service.name}]',
    )


def _module_file(tree: SourceTree, folder: str, module: str) -> str | None:
    base = posixpath.join(folder, *module.split("."))
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if tree.is_file(path)), None)


def _read_settings(tree: SourceTree, folder: str, name: str, settings: _Settings, depth: int) -> None:
    """Assignments of a settings module after those of the modules it imports * from."""
    path = _module_file(tree, folder, name)
    module = parse(tree, path) if path else None
    if path is None or module is None or depth > _DEPTH:
        return
    package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
    for statement in module.body:
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            target = statement.module or ""
            if statement.level:
                parts = package.split(".")
                parent = ".".join(parts[: len(parts) - statement.level + 1])
                target = f"{parent}.{target}".strip(".")
            _read_settings(tree, folder, target, settings, depth + 1)
    settings.reads += environment_reads(module)
    shown = posixpath.relpath(path, folder)
    for key, value, line in assignments(module):
        if key == "INSTALLED_APPS":
            settings.installed += texts_in(value)
        settings.values[key] = (value, f"{shown}:{line}")


def _entry_point(
    tree: SourceTree,
    folder: str,
    module: str,
    settings: _Settings,
    dependencies: Dependencies,
    service: Service,
) -> tuple[str, str, Literal["wsgi", "asgi"]]:
    asgi_only = dependencies.get("gunicorn") is None and any(map(dependencies.get, _ASGI_SERVERS))
    if service.app is not None:
        asgi = "asgi" in service.app
        return service.app, "declared", "asgi" if asgi else "wsgi"
    order: tuple[Literal["wsgi", "asgi"], ...] = ("asgi", "wsgi") if asgi_only else ("wsgi", "asgi")
    for interface in order:
        value, where = settings.values.get(f"{interface.upper()}_APPLICATION", (None, ""))
        declared = text_of(value)
        if declared and "." in declared:
            name, _, attribute = declared.rpartition(".")
            return f"{name}:{attribute}", f"{where} {interface.upper()}_APPLICATION", interface
    package = module.partition(".")[0]
    for interface in order:
        if tree.is_file(posixpath.join(folder, package, f"{interface}.py")):
            return f"{package}.{interface}:application", f"{package}/{interface}.py", interface
    raise ApplicationError(
        "found no WSGI or ASGI entry point of the Django project",
        where=f"services.{service.name}",
        details=(f"settings {module} name none, and {package}/ holds no wsgi.py or asgi.py",),
        hint=f'add app = "{package}.wsgi:application" to [services.{service.name}]',
    )


def _static(settings: _Settings) -> str:
    root, where = settings.values.get("STATIC_ROOT", (None, ""))
    if "django.contrib.staticfiles" not in settings.installed or root is None:
        return ""
    if isinstance(root, ast.Constant) and not root.value:
        return ""
    return f"django.contrib.staticfiles is installed and {where} sets STATIC_ROOT"


def _hosts(settings: _Settings) -> tuple[tuple[str, ...], str | None, str]:
    value, where = settings.values.get("ALLOWED_HOSTS", (None, ""))
    if value is None:
        return (), None, ""
    variable = environment_variable(value)
    found = [text for text in texts_in(value) if text != variable and text.strip(", ")]
    hosts = tuple(host.strip() for text in found for host in text.split(",") if host.strip())
    return hosts, variable, f"{where} ALLOWED_HOSTS"
