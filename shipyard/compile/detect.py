"""What a source tree is: manager, Python version, framework, entry point, server, port.

The manifest's own word wins. What is neither declared nor found is a default that is said, or an error
that lists what was found and the one line to add: never a silent guess.
"""

from __future__ import annotations

import posixpath
import re

from shipyard.errors import ShipyardError
from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.application import Application, ApplicationError
from shipyard.managers import MANAGERS
from shipyard.model.build import Decision, Detected
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree

DEFAULT_PYTHON = "3.13"
KNOWN_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
DEFAULT_PORT = 8000
GRACEFUL = "8"
"""Seconds for requests in flight: below the grace period of 10 s after which the engine kills."""
ADDED_SERVERS = {"gunicorn": "gunicorn==23.0.0", "uvicorn": "uvicorn==0.34.0"}
_UVICORN_BY_EXTRA = ("fastapi",)


class DetectionError(ShipyardError):
    """What a service is cannot be decided."""


class Detection(Record):
    """`added` are pinned requirements of Shipyard's own."""

    detected: Detected
    dependencies: Dependencies
    application: Application | None
    added: tuple[str, ...]


def detect(service: Service, tree: SourceTree) -> Detection:
    """Decide all of it for one service that is built from source. Raises ShipyardError."""
    folder = service.path or "."
    decisions: list[Decision] = []
    notes: list[str] = []
    dependencies = _dependencies(service, tree, folder, decisions)
    notes += dependencies.notes
    python = _python(service, tree, folder, dependencies, decisions)
    application = _application(service, tree, folder, dependencies)
    added: tuple[str, ...] = ()
    server = command = port = None
    if application is not None:
        decisions.append(
            _decision("framework", application.framework, application.evidence, service.framework)
        )
        decisions.append(_decision("app", application.app, application.app_evidence, service.app))
    if application is not None and service.command is None:
        server, added = _server(application, dependencies, decisions, notes)
        port = service.port or DEFAULT_PORT
        if service.port is None:
            decisions.append(_default("port", str(port), f"{server}'s usual port"))
        else:
            decisions.append(_decision("port", str(port), "declared", service.port))
        command = server_command(server, application, port)
        decisions.append(
            Decision(
                subject="command", value=" ".join(command), evidence=f"starts {server}", origin="detected"
            )
        )
    elif application is None and service.command is None:
        raise _nothing_to_run(service, dependencies)
    if application is not None and application.static and service.build.static is None:
        decisions.append(
            Decision(subject="static", value="collectstatic", evidence=application.static, origin="detected")
        )
    if application is not None and (application.hosts or application.hosts_env):
        value = application.hosts_env or ", ".join(application.hosts)
        evidence = application.hosts_evidence
        decisions.append(Decision(subject="hosts", value=value, evidence=evidence, origin="detected"))
    detected = Detected(
        framework=application.framework if application else None,
        manager=dependencies.manager,
        python=python,
        app=application.app if application else None,
        server=server,
        port=port,
        command=command,
        hosts=application.hosts if application else (),
        hosts_env=application.hosts_env if application else None,
        decisions=tuple(decisions),
        notes=tuple(f"{service.name}: {note}" for note in notes),
    )
    return Detection(detected=detected, dependencies=dependencies, application=application, added=added)


def _decision(subject: str, value: str, evidence: str, declared: object) -> Decision:
    if declared is not None:
        return Decision(subject=subject, value=value, evidence="declared", origin="manifest")
    return Decision(subject=subject, value=value, evidence=evidence, origin="detected")


def _default(subject: str, value: str, evidence: str) -> Decision:
    return Decision(subject=subject, value=value, evidence=evidence, origin="default")


def _dependencies(service: Service, tree: SourceTree, folder: str, decisions: list[Decision]) -> Dependencies:
    found = {manager.name: manager.evidence(tree, folder) for manager in MANAGERS}
    there = [manager for manager in MANAGERS if found[manager.name]]
    if service.build.manager is not None:
        chosen = next((one for one in MANAGERS if one.name == service.build.manager), None)
        if chosen is None:
            raise DetectionError(
                f"manager {service.build.manager!r} is not known",
                where=f"services.{service.name}.build.manager",
                hint=f"known: {', '.join(one.name for one in MANAGERS)}",
            )
        if chosen not in there:
            raise DetectionError(
                f"the manifest says {chosen.name}, and its files are not in {folder}",
                where=f"services.{service.name}.build.manager",
            )
    elif len(there) == 1:
        chosen = there[0]
    elif there:
        listed = tuple(f"{found[one.name]} ({one.name})" for one in there)
        raise DetectionError(
            "found the locks of several package managers",
            where=f"services.{service.name}",
            details=listed,
            hint=f'remove those out of use, or add build = {{ manager = "{there[0].name}" }} '
            f"to [services.{service.name}]",
        )
    else:
        shown = "the project's folder" if folder == "." else folder
        raise DetectionError(
            f"found no dependencies to install in {shown}",
            where=f"services.{service.name}",
            details=("looked for uv.lock and requirements.txt",),
            hint="run `uv lock`, or write a requirements.txt (an empty one will do)",
        )
    dependencies = chosen.read(tree, folder)
    decisions.append(_decision("manager", chosen.name, dependencies.evidence, service.build.manager))
    return dependencies


def _python(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies, decisions: list[Decision]
) -> str:
    """Order: the manifest, .python-version, the project's requires-python, the default."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    allowed = None
    if dependencies.requires_python:
        try:
            allowed = SpecifierSet(dependencies.requires_python)
        except InvalidSpecifier:
            raise DetectionError(
                f"requires-python = {dependencies.requires_python!r} is no version specifier",
                where=dependencies.requires_python_where,
            ) from None

    def fits(version: str) -> bool:
        # Any patch release will do where none is named: 3.12 fits >=3.12.4.
        named = version.count(".") > 1
        releases = (version,) if named else tuple(f"{version}.{patch}" for patch in range(40))
        return allowed is None or any(map(allowed.contains, releases))

    said: str | None = service.python
    evidence, origin = "declared", "manifest"
    if said is None:
        text = tree.text(posixpath.join(folder, ".python-version"))
        match = re.match(r"\s*(?:cpython-)?(3\.\d+)", text or "")
        if match:
            said, evidence, origin = match[1], ".python-version", "detected"
    if said is not None:
        version = said
        if not fits(version):
            raise DetectionError(
                f"Python {version} ({evidence}) does not fit requires-python = "
                f'"{dependencies.requires_python}"',
                where=f"services.{service.name}.python",
                details=(f"{dependencies.requires_python_where} says requires-python",),
                hint="make the two agree",
            )
    elif fits(DEFAULT_PYTHON):
        version = DEFAULT_PYTHON
        evidence, origin = "nothing says otherwise", "default"
        if allowed is not None:
            where = dependencies.requires_python_where
            evidence, origin = f'{where} requires-python "{allowed}" allows it', "default"
    else:
        fitting = [one for one in KNOWN_PYTHONS if fits(one)]
        if not fitting:
            raise DetectionError(
                f'no Python that Shipyard knows fits requires-python = "{dependencies.requires_python}"',
                where=dependencies.requires_python_where,
                hint=f'say which: add python = "..." to [services.{service.name}]',
            )
        version = fitting[-1]
        evidence, origin = f'{dependencies.requires_python_where} requires-python "{allowed}"', "detected"
    decisions.append(Decision(subject="python", value=version, evidence=evidence, origin=origin))
    return version


def _application(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies
) -> Application | None:
    chosen = FRAMEWORKS
    if service.framework is not None:
        chosen = tuple(one for one in FRAMEWORKS if one.name == service.framework)
        if not chosen:
            raise DetectionError(
                f"framework {service.framework!r} is not known",
                where=f"services.{service.name}.framework",
                hint=f"known: {', '.join(one.name for one in FRAMEWORKS)}; or say what to run with command",
            )
    found: list[Application] = []
    for framework in chosen:
        try:
            application = framework.find(tree, folder, dependencies, service)
        except ApplicationError:
            # A service that says what it runs needs no entry point.
            if service.command is None:
                raise
            continue
        if application is not None:
            found.append(application)
    if len(found) > 1 and service.command is None:
        raise DetectionError(
            "found several frameworks",
            where=f"services.{service.name}",
            details=tuple(f"{one.framework}: {one.app} ({one.app_evidence})" for one in found),
            hint=f'say which: add framework = "{found[0].framework}" to [services.{service.name}]',
        )
    if not found and service.framework is not None and service.command is None:
        raise DetectionError(
            f"the manifest says {service.framework}, and no application of it was found",
            where=f"services.{service.name}.framework",
            hint=f'say where it is: add app = "package.module:name" to [services.{service.name}]',
        )
    return found[0] if found else None


def _server(
    application: Application, dependencies: Dependencies, decisions: list[Decision], notes: list[str]
) -> tuple[str, tuple[str, ...]]:
    server = "gunicorn" if application.interface == "wsgi" else "uvicorn"
    dependency = dependencies.get(server)
    if dependency is not None:
        decisions.append(_decision("server", server, dependency.where, None))
        return server, ()
    if server == "uvicorn":
        for name in _UVICORN_BY_EXTRA:
            brings = dependencies.get(name)
            if brings is not None and set(brings.extras) & {"standard", "all"}:
                extra = f"{name}[{brings.extras[0]}] brings it"
                decisions.append(_decision("server", server, f"{brings.where}: {extra}", None))
                return server, ()
    added = ADDED_SERVERS[server]
    decisions.append(_default("server", server, f"none in {dependencies.evidence}: {added} is added"))
    notes.append(f"{dependencies.evidence} holds no {application.interface.upper()} server: {added} is added")
    return server, (added,)


def server_command(server: str, application: Application, port: int) -> tuple[str, ...]:
    """The server in exec form. Workers come from WEB_CONCURRENCY, which both servers read."""
    if server == "gunicorn":
        # The heartbeat file on a disk can block a worker for seconds; /dev/shm is memory.
        return (
            *("gunicorn", application.app, "--bind", f"0.0.0.0:{port}", "--threads", "4"),
            *("--worker-tmp-dir", "/dev/shm", "--graceful-timeout", GRACEFUL, "--access-logfile", "-"),
        )
    factory = ("--factory",) if application.factory else ()
    return (
        *("uvicorn", application.app.removesuffix("()"), *factory, "--host", "0.0.0.0", "--port", str(port)),
        *("--timeout-graceful-shutdown", GRACEFUL),
    )


def _nothing_to_run(service: Service, dependencies: Dependencies) -> DetectionError:
    known = ", ".join(one.name for one in FRAMEWORKS)
    return DetectionError(
        f"found nothing to run for service {service.name}",
        where=f"services.{service.name}",
        details=(
            f"{dependencies.evidence} names {len(dependencies.packages)} packages; no application of a known "
            f"framework ({known}) was found with them",
        ),
        hint=f'add app = "package.module:name" with framework, or command = ["..."], '
        f"to [services.{service.name}]",
    )
