"""Django: manage.py names the settings, and the settings name the rest."""

from __future__ import annotations

import ast
import posixpath
from typing import Literal

from shipyard.frameworks.application import (
    Application,
    ApplicationError,
    EnvironmentRead,
    UnreadableSettings,
)
from shipyard.frameworks.environment import environment_reads, environment_variable
from shipyard.frameworks.manage import MANAGE, VARIABLE, Manage, manage_script, settings_named
from shipyard.frameworks.media import media_folder
from shipyard.frameworks.syntax import (
    THIS_PYTHON,
    assignments,
    broken,
    module_statements,
    parse,
    text_of,
    texts_in,
)
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Draft, Record, field
from shipyard.source import SourceTree

Interface = Literal["wsgi", "asgi"]
_ASGI_SERVERS = ("uvicorn", "daphne", "hypercorn", "granian")
_DEPTH = 8


class _Project(Record):
    """Where the project is: `folder` is the service's, `root` the project's below it, "" for the same."""

    tree: SourceTree
    folder: str
    root: str
    service: Service

    def path(self, relative: str) -> str:
        """A path in the tree, of one that is relative to the project."""
        return posixpath.normpath(posixpath.join(self.folder, self.root, relative))

    def shown(self, relative: str) -> str:
        """The same as evidence names it: relative to the service's folder."""
        return posixpath.join(self.root, relative)

    def module_file(self, module: str) -> str | None:
        """The file of a module, relative to the project."""
        base = posixpath.join(*module.split("."))
        found = (f"{base}.py", f"{base}/__init__.py")
        return next((path for path in found if self.tree.is_file(self.path(path))), None)


_STATIC_APP = "django.contrib.staticfiles"


class _Settings(Draft):
    """What the settings files assign, the last one winning; (value, where)."""

    values: dict[str, tuple[ast.expr, str]] = field(default_factory=dict)
    installed: list[str] = field(default_factory=list)
    reads: list[EnvironmentRead] = field(default_factory=list)


class Django:
    """A manage.py that sets DJANGO_SETTINGS_MODULE, in the folder or in the only one below it that has one;
    without any, a wsgi.py or asgi.py that does.

    What serves decides: where wsgi.py names other settings than manage.py, the image sets them for both.
    """

    name = "django"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get("django")
        if dependency is None:
            return None
        manage = manage_script(tree, folder, service) or _without_manage(tree, folder)
        if manage is None:
            return None
        project = _Project(tree=tree, folder=folder, root=manage.root, service=service)
        declared = service.env.get(VARIABLE)
        module, evidence = manage.settings, manage.where
        if declared and all(isinstance(part, str) for part in declared):
            module, evidence = "".join(map(str, declared)), f"services.{service.name}.env.{VARIABLE}"
        elif not module:
            module, evidence = _named_by_entry(project, "") or ("", "")
        if not module:
            raise ApplicationError(
                f"{MANAGE} does not say which settings it uses",
                where=posixpath.normpath(posixpath.join(folder, manage.path)),
                hint=f'add env = {{ {VARIABLE} = "project.settings" }} to [services.{service.name}]',
            )
        settings = _settings(project, module)
        app, app_evidence, interface = _entry_point(project, module, settings, dependencies)
        environment: tuple[tuple[str, str], ...] = ()
        notes: tuple[str, ...] = ()
        served = None if declared else _named_by_entry(project, app)
        if served is not None and served[0] != module:
            notes = (
                f"{evidence.partition(' ')[0]} uses the settings {module} and {served[1].partition(' ')[0]} "
                f"{served[0]}: the image uses the latter for both; env = {{ {VARIABLE} = ... }} decides "
                "otherwise",
            )
            module, evidence = served
            settings = _settings(project, module)
        if served is not None and (notes or not manage.settings):
            environment = ((VARIABLE, module),)
        hosts, hosts_env, hosts_evidence = _hosts(settings)
        return Application(
            framework=self.name,
            evidence=evidence,
            app=app,
            app_evidence=app_evidence,
            interface=interface,
            import_path=manage.root,
            environment=environment,
            static=_static(settings),
            static_app=_STATIC_APP in settings.installed,
            spatial=_spatial(settings),
            media=_media(manage.root, settings),
            manage=(manage.path,) if manage.path else ("-m", "django"),
            hosts=hosts,
            hosts_env=hosts_env,
            hosts_evidence=hosts_evidence,
            reads=tuple(settings.reads),
            notes=notes,
        )


def _without_manage(tree: SourceTree, folder: str) -> Manage | None:
    """The settings that the only package with a wsgi.py or asgi.py names."""
    found = [
        Manage(path="", root="", settings=module, where=f"{name}/{interface}.py:{line} sets {VARIABLE}")
        for name in tree.names(folder)
        for interface in ("wsgi", "asgi")
        for module, line in settings_named(tree, posixpath.join(folder, name, f"{interface}.py"))
    ]
    return found[0] if len({one.settings for one in found}) == 1 else None


def _named_by_entry(project: _Project, app: str) -> tuple[str, str] | None:
    """The settings that the entry point's module names, and where; of any such module without `app`."""
    if app:
        paths = [project.module_file(app.partition(":")[0])]
    else:
        names = project.tree.names(project.path("."))
        paths = [f"{name}/{one}.py" for name in names for one in ("wsgi", "asgi")]
    for path in paths:
        for module, line in settings_named(project.tree, project.path(path)) if path else ():
            return module, f"{project.shown(path or '')}:{line} sets {VARIABLE}"
    return None


def _settings(project: _Project, module: str) -> _Settings:
    settings = _Settings()
    _read_settings(project, module, settings, 0)
    return settings


def _read_settings(project: _Project, name: str, settings: _Settings, depth: int) -> None:
    """Assignments of a settings module after those of the modules it imports * from. Raises
    UnreadableSettings."""
    path = project.module_file(name)
    if path is None or depth > _DEPTH:
        return
    module = parse(project.tree, project.path(path))
    if module is None:
        raise _unreadable(project, path)
    package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
    for statement in module_statements(module.body):
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            target = statement.module or ""
            if statement.level:
                parts = package.split(".")
                parent = ".".join(parts[: len(parts) - statement.level + 1])
                target = f"{parent}.{target}".strip(".")
            _read_settings(project, target, settings, depth + 1)
    settings.reads += environment_reads(module)
    shown = project.shown(path)
    for key, value, line in assignments(module):
        if key == "INSTALLED_APPS":
            # Many put it together: DJANGO_APPS + LOCAL_APPS.
            names = (one.id for one in ast.walk(value) if isinstance(one, ast.Name))
            summands = [value, *(settings.values[name][0] for name in names if name in settings.values)]
            settings.installed += [text for one in summands for text in texts_in(one)]
        settings.values[key] = (value, f"{shown}:{line}")


def _unreadable(project: _Project, path: str) -> UnreadableSettings:
    """What cannot be parsed may be wrong, or newer than this Python."""
    line, why = broken(project.tree.text(project.path(path)) or "") or (1, "it cannot be read")
    return UnreadableSettings(
        f"the settings cannot be read: {why}",
        where=f"{project.path(path)}:{line}",
        hint="mend them; where the project's own Python takes them, run Shipyard on that: "
        f"this is {THIS_PYTHON}",
    )


def _entry_point(
    project: _Project, module: str, settings: _Settings, dependencies: Dependencies
) -> tuple[str, str, Interface]:
    service = project.service
    if service.app is not None:
        return service.app, "declared", "asgi" if "asgi" in service.app else "wsgi"
    order: tuple[Interface, ...] = ("wsgi", "asgi")
    if _prefers_asgi(settings, dependencies):
        order = ("asgi", "wsgi")
    for interface in order:
        value, where = settings.values.get(f"{interface.upper()}_APPLICATION", (None, ""))
        declared = text_of(value)
        if declared and "." in declared:
            name, _, attribute = declared.rpartition(".")
            return f"{name}:{attribute}", f"{where} {interface.upper()}_APPLICATION", interface
    package = module.partition(".")[0]
    for interface in order:
        if project.tree.is_file(project.path(f"{package}/{interface}.py")):
            path = project.shown(f"{package}/{interface}.py")
            return f"{package}.{interface}:application", path, interface
    raise ApplicationError(
        "found no WSGI or ASGI entry point of the Django project",
        where=f"services.{service.name}",
        details=(f"settings {module} name none, and {package}/ holds no wsgi.py or asgi.py",),
        hint=f'add app = "{package}.wsgi:application" to [services.{service.name}]',
    )


def _prefers_asgi(settings: _Settings, dependencies: Dependencies) -> bool:
    """Whether only ASGI servers are there, or Channels is, which WSGI cannot serve."""
    there = any(map(dependencies.get, _ASGI_SERVERS))
    if "channels" in settings.installed or "daphne" in settings.installed:
        return there and "ASGI_APPLICATION" in settings.values
    return there and dependencies.get("gunicorn") is None and dependencies.get("uwsgi") is None


def _static(settings: _Settings) -> str:
    root, where = settings.values.get("STATIC_ROOT", (None, ""))
    if _STATIC_APP not in settings.installed or root is None:
        return ""
    if isinstance(root, ast.Constant) and not root.value:
        return ""
    return f"{_STATIC_APP} is installed and {where} sets STATIC_ROOT"


def _spatial(settings: _Settings) -> str:
    if "django.contrib.gis" in settings.installed:
        return f"{settings.values['INSTALLED_APPS'][1]} INSTALLED_APPS has django.contrib.gis"
    value, where = settings.values.get("DATABASES", (None, ""))
    texts = texts_in(value) if value is not None else []
    engines = [text for text in texts if text.startswith("django.contrib.gis.db.backends.")]
    return f"{where} DATABASES has {engines[0]}" if engines else ""


def _media(root: str, settings: _Settings) -> tuple[str, str] | None:
    value, where = settings.values.get("MEDIA_ROOT", (None, ""))
    folder = media_folder(value)
    return (posixpath.join(root, folder), where) if folder else None


def _hosts(settings: _Settings) -> tuple[tuple[str, ...], str | None, str]:
    value, where = settings.values.get("ALLOWED_HOSTS", (None, ""))
    if value is None:
        return (), None, ""
    variable = environment_variable(value)
    found = [text for text in texts_in(value) if text != variable and text.strip(", ")]
    hosts = tuple(host.strip() for text in found for host in text.split(",") if host.strip())
    return hosts, variable, f"{where} ALLOWED_HOSTS"
