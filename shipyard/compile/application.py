"""Which application of which framework a service runs."""

from __future__ import annotations

from shipyard.compile.decisions import DetectionError
from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.application import Application, ApplicationError
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree


def find_application(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies
) -> Application | None:
    """The application, None where none is found. Raises DetectionError, ApplicationError."""
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


def nothing_to_run(service: Service, dependencies: Dependencies) -> DetectionError:
    """The error for a service of which neither an application nor a command is known."""
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
