"""What a service runs: the program of its framework, a server with its application, or a Procfile's entry."""

from __future__ import annotations

from shipyard.compile.application import find_application, nothing_to_run
from shipyard.compile.decisions import DetectionError, decided, default
from shipyard.compile.entry_point import entry_notes
from shipyard.compile.procfile import Process, process, processes
from shipyard.compile.reloading import own_reloading, reloading
from shipyard.compile.server import choose_server, server_notes
from shipyard.frameworks.application import Application, ApplicationError, Role
from shipyard.manifest.scheduler import HINT, scheduler_in, too_many
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record, replace
from shipyard.source import SourceTree

DEFAULT_PORT = 8000
WEB = "web"


class Program(Record):
    """`command` is None where the manifest says it. `added` are pinned requirements of Shipyard's own.
    Other fields as in `Detected`."""

    application: Application | None
    command: tuple[str, ...] | None = None
    role: Role = "web"
    server: str | None = None
    port: int | None = None
    workers: str = ""
    stop_signal: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()
    reload: tuple[str, ...] | None = None
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()


def find_program(service: Service, tree: SourceTree, folder: str, dependencies: Dependencies) -> Program:
    """Raises DetectionError, ApplicationError."""
    entry = process(tree, folder, service.name) if service.command is None else None
    explicit = service.framework is not None or service.app is not None
    if entry is not None and not explicit and service.name != WEB:
        # Who names a service as the Procfile names a process means that one.
        return _of_procfile(service, entry)
    try:
        application = find_application(service, tree, folder, dependencies, programs=entry is None)
    except (DetectionError, ApplicationError):
        if entry is None or explicit:
            raise
        application = None
    if application is None and entry is not None:
        return _of_procfile(service, entry)
    if application is None and service.command is None:
        names = tuple(one.name for one in processes(tree, folder))
        raise nothing_to_run(service, tree, folder, dependencies, names)
    if application is None:
        return Program(application=None)
    decisions = (
        decided("framework", application.framework, application.evidence, service.framework),
        decided("app", application.app, application.app_evidence, service.app),
    )
    if service.command is not None:
        return Program(application=application, decisions=decisions, environment=application.environment)
    application = replace(
        application, notes=(*application.notes, *entry_notes(service, tree, folder, application))
    )
    if application.command is not None:
        return _own(service, application, decisions)
    return _served(service, application, dependencies, decisions, tree)


def _served(
    service: Service,
    application: Application,
    dependencies: Dependencies,
    decisions: tuple[Decision, ...],
    tree: SourceTree,
) -> Program:
    folder = service.path or "."
    chosen = choose_server(application, dependencies)
    server = chosen.server
    port = service.port or DEFAULT_PORT
    command = (*server.start(application, port), *chosen.options)
    made = [chosen.decision, _port(service, port, server.name), _command(command, f"starts {server.name}")]
    if server.stop_signal is not None:
        why = f"{server.name} exits 0 after a stop in good order only if this asks for it"
        made.append(_stop_signal(server.stop_signal, why))
    return Program(
        application=application,
        command=command,
        server=server.name,
        port=port,
        workers=server.workers,
        stop_signal=server.stop_signal,
        environment=application.environment,
        added=chosen.added,
        reload=reloading(application, dependencies, server.name, command, port),
        decisions=(*decisions, *made),
        notes=(*application.notes, *chosen.notes, *server_notes(server.name, command, tree, folder)),
    )


def _stop_signal(signal: str, why: str) -> Decision:
    return Decision(subject="stop signal", value=signal, evidence=why, origin="detected")


def _own(service: Service, application: Application, decisions: tuple[Decision, ...]) -> Program:
    command = application.command or ()
    port = application.port or service.port
    made = [_command(command, f"starts {application.framework}")]
    if port is not None:
        made.insert(0, _port(service, port, application.framework))
    if application.stop_signal is not None:
        why = f"{application.framework} stops in good order on no other"
        made.append(_stop_signal(application.stop_signal, why))
    return Program(
        application=application,
        command=command,
        role=application.role,
        port=port,
        workers=application.workers,
        stop_signal=application.stop_signal,
        environment=application.environment,
        reload=own_reloading(application.framework, command),
        decisions=(*decisions, *made),
        notes=application.notes,
    )


def _of_procfile(service: Service, entry: Process) -> Program:
    scheduler = scheduler_in(entry.command)
    if scheduler is not None and service.replicas > 1:
        raise DetectionError(
            too_many(service.replicas, scheduler),
            where=f"services.{service.name}.replicas",
            details=(f"{entry.where} {entry.name}: {entry.text}",),
            hint=HINT,
        )
    command = _command(entry.command, f"{entry.where} {entry.name}")
    if not entry.wants_port:
        return Program(application=None, command=entry.command, role="worker", decisions=(command,))
    port = service.port or DEFAULT_PORT
    return Program(
        application=None,
        command=entry.command,
        port=port,
        environment=(("PORT", str(port)),),
        decisions=(command, _port(service, port, "Procfile")),
    )


def _port(service: Service, port: int, whose: str) -> Decision:
    if service.port is None:
        return default("port", str(port), f"{whose}'s usual port")
    return decided("port", str(port), "declared", service.port)


def _command(command: tuple[str, ...], evidence: str) -> Decision:
    return Decision(subject="command", value=" ".join(command), evidence=evidence, origin="detected")
