"""What a service that is `like` another runs in the image of that one, where it has no command."""

from __future__ import annotations

from shipyard.compile.decisions import DetectionError
from shipyard.compile.procfile import process
from shipyard.compile.program import Program, find_program
from shipyard.model.build import Role
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree


def role_of(service: Service, tree: SourceTree, dependencies: Dependencies) -> Role | None:
    """By its framework (`framework = "celery"`) or the Procfile's entry of its name; None of neither.

    Raises DetectionError, ApplicationError.
    """
    folder = service.path or "."
    if service.command is not None:
        return None
    if service.framework is None and process(tree, folder, service.name) is None:
        return None
    program: Program = find_program(service, tree, folder, dependencies)
    if program.command is None or program.added:
        raise DetectionError(
            f"{service.name} is like {service.like}, whose image holds no server for {service.framework}",
            where=f"services.{service.name}.framework",
            hint=f'build it by itself: path = "{folder}" in place of like',
        )
    return Role(
        service=service.name,
        command=program.command,
        role=program.role,
        port=program.port,
        health=program.application.health if program.application else None,
        workers=program.workers,
        stop_signal=program.stop_signal,
        environment=program.environment,
        decisions=program.decisions,
    )
