"""What a source tree is: manager, Python version, framework, entry point, server, port.

The manifest's own word wins. What is neither declared nor found is a default that is said, or an error
that lists what was found and the one line to add: never a silent guess.
"""

from __future__ import annotations

from shipyard.compile.decisions import DetectionError, decided
from shipyard.compile.program import Program, find_program
from shipyard.compile.python_version import python_version
from shipyard.compile.roles import role_of
from shipyard.compile.system import SystemPackages, system_packages
from shipyard.frameworks.application import Application
from shipyard.managers.choose import choose
from shipyard.model.build import Decision, Detected
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree


class Detection(Record):
    """What was decided, and what of it the image is made from."""

    detected: Detected
    dependencies: Dependencies
    program: Program
    system: SystemPackages

    @property
    def application(self) -> Application | None:
        return self.program.application

    @property
    def added(self) -> tuple[str, ...]:
        return self.program.added


def detect(service: Service, tree: SourceTree, sharers: tuple[Service, ...] = ()) -> Detection:
    """Decide all of it for one service that is built from source, and what `sharers` of its image run.

    Raises ShipyardError.
    """
    folder = service.path or "."
    decisions: list[Decision] = []
    dependencies = _dependencies(service, tree, folder, decisions)
    python = python_version(service, tree, folder, dependencies)
    decisions.append(python.decision)
    program = find_program(service, tree, folder, dependencies)
    decisions += program.decisions
    application = program.application
    if application is not None:
        decisions += _settings(service, application)
    system = system_packages(service.build, dependencies, python.version, application)
    decisions += system.decisions
    roles = [role for sharer in sharers if (role := role_of(sharer, tree, dependencies)) is not None]
    detected = Detected(
        framework=application.framework if application else None,
        manager=dependencies.manager,
        python=python.version,
        app=application.app if application else None,
        server=program.server,
        port=program.port,
        command=program.command,
        role=program.role,
        health=application.health if application and program.command else None,
        workers=program.workers,
        stop_signal=program.stop_signal,
        roles=tuple(roles),
        hosts=application.hosts if application else (),
        hosts_env=application.hosts_env if application else None,
        reload=program.reload,
        decisions=tuple(decisions),
        notes=tuple(
            f"{service.name}: {note}"
            for note in (*dependencies.notes, *python.notes, *program.notes, *system.notes)
        ),
    )
    return Detection(detected=detected, dependencies=dependencies, program=program, system=system)


def _settings(service: Service, application: Application) -> list[Decision]:
    """What an application's settings say beyond its entry point."""
    found = []
    if application.static and service.build.static is None:
        found.append(("static", "collectstatic", application.static))
    if application.hosts or application.hosts_env:
        found.append(
            ("hosts", application.hosts_env or ", ".join(application.hosts), application.hosts_evidence)
        )
    return [
        Decision(subject=subject, value=value, evidence=evidence, origin="detected")
        for subject, value, evidence in found
    ]


def _dependencies(service: Service, tree: SourceTree, folder: str, decisions: list[Decision]) -> Dependencies:
    chosen = choose(service, tree)
    try:
        dependencies = chosen.read(tree, folder, service.build)
    except (TypeError, AttributeError, KeyError, IndexError) as error:
        # A lock is written by a tool: where its shape is another, somebody else has been at it.
        evidence = chosen.evidence(tree, folder) or chosen.name
        raise DetectionError(
            f"{evidence} is not as {chosen.name} writes it",
            where=evidence,
            hint=f"have {chosen.name} make it anew",
        ) from error
    decisions.append(decided("manager", chosen.name, dependencies.evidence, service.build.manager))
    return dependencies
