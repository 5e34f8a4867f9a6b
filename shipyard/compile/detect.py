"""What a source tree is: manager, Python version, framework, entry point, server, port.

The manifest's own word wins. What is neither declared nor found is a default that is said, or an error
that lists what was found and the one line to add: never a silent guess.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipyard.compile.application import find_application, nothing_to_run
from shipyard.compile.decisions import DetectionError, decided, default
from shipyard.compile.python_version import python_version
from shipyard.compile.server import choose_server, server_command
from shipyard.frameworks.application import Application
from shipyard.managers import MANAGERS
from shipyard.model.build import Decision, Detected
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
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
    python = python_version(service, tree, folder, dependencies)
    decisions.append(python)
    application = find_application(service, tree, folder, dependencies)
    added: tuple[str, ...] = ()
    server = command = port = None
    if application is not None:
        decisions.append(decided("framework", application.framework, application.evidence, service.framework))
        decisions.append(decided("app", application.app, application.app_evidence, service.app))
    if application is not None and service.command is None:
        chosen = choose_server(application, dependencies)
        server, added = chosen.name, chosen.added
        decisions.append(chosen.decision)
        notes += chosen.notes
        port = service.port or DEFAULT_PORT
        if service.port is None:
            decisions.append(default("port", str(port), f"{server}'s usual port"))
        else:
            decisions.append(decided("port", str(port), "declared", service.port))
        command = server_command(server, application, port)
        decisions.append(
            Decision(
                subject="command", value=" ".join(command), evidence=f"starts {server}", origin="detected"
            )
        )
    elif application is None and service.command is None:
        raise nothing_to_run(service, dependencies)
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
        python=python.value,
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
    decisions.append(decided("manager", chosen.name, dependencies.evidence, service.build.manager))
    return dependencies
