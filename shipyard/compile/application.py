"""Which application of which framework a service runs."""

from __future__ import annotations

from shipyard.compile.decisions import DetectionError
from shipyard.frameworks import FRAMEWORKS, KINDS, PROGRAMS, Framework
from shipyard.frameworks.application import Application, ApplicationError
from shipyard.frameworks.modules import broken
from shipyard.frameworks.syntax import THIS_PYTHON
from shipyard.managers.workspace import members
from shipyard.manifest.errors import did_you_mean
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree


class NothingToRun(DetectionError):
    """Neither an application nor a command is known."""


def find_application(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies, *, programs: bool = True
) -> Application | None:
    """The application, None where none is found: of what serves, else a worker, else, with `programs`, a
    program of any kind. Raises DetectionError, ApplicationError."""
    if service.framework is not None:
        return _declared(service, tree, folder, dependencies)
    for kind in KINDS:
        if kind is PROGRAMS and (not programs or service.command is not None):
            continue
        found = _found(kind, service, tree, folder, dependencies)
        if found:
            return _plainest(found, service)
    return None


def _declared(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies
) -> Application | None:
    chosen = [one for one in FRAMEWORKS if one.name == service.framework]
    if not chosen:
        names = [one.name for one in FRAMEWORKS]
        raise DetectionError(
            f"framework {service.framework!r} is not known",
            where=f"services.{service.name}.framework",
            hint=f"{did_you_mean(service.framework or '', names)}; or say what to run with command",
        )
    found = _found(tuple(chosen), service, tree, folder, dependencies)
    if not found and service.command is None:
        raise DetectionError(
            f"the manifest says {service.framework}, and no application of it was found",
            where=f"services.{service.name}.framework",
            hint=f'say where it is: add app = "package.module:name" to [services.{service.name}]',
        )
    return found[0] if found else None


def _found(
    frameworks: tuple[Framework, ...],
    service: Service,
    tree: SourceTree,
    folder: str,
    dependencies: Dependencies,
) -> list[Application]:
    found: list[Application] = []
    for framework in frameworks:
        try:
            application = framework.find(tree, folder, dependencies, service)
        except ApplicationError:
            # A service that says what it runs needs no entry point.
            if service.command is None:
                raise
            continue
        if application is not None:
            found.append(application)
    return found


def _plainest(found: list[Application], service: Service) -> Application:
    """The one with the plainest evidence. Raises DetectionError where several are as plain."""
    best = [one for one in found if one.rank[:1] == min(other.rank[:1] for other in found)]
    if service.app is not None and len({one.interface for one in best}) == 1:
        # Any of them starts it alike.
        return best[0]
    if len(best) > 1 and service.command is None:
        raise DetectionError(
            "found several frameworks",
            where=f"services.{service.name}",
            details=tuple(f"{one.framework}: {one.app} ({one.app_evidence})" for one in best),
            hint=f'say which: add framework = "{best[0].framework}" to [services.{service.name}]',
        )
    return best[0]


def nothing_to_run(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies, processes: tuple[str, ...]
) -> NothingToRun:
    """The error for a service of which neither an application nor a command is known."""
    known = ", ".join(one.name for one in FRAMEWORKS)
    unread = list(broken(tree, folder))[:6]
    # What was just edited comes first.
    details = [
        f"{where} cannot be read by {THIS_PYTHON}, on which Shipyard runs: {why}" for where, why in unread
    ]
    details += [
        f"{dependencies.evidence} names {len(dependencies.packages)} packages; no application of a known "
        f"framework ({known}) was found with them"
    ]
    if folder == "." and (inner := members(tree)):
        details.append(f'it is a workspace of {", ".join(inner)}: path = "{inner[0]}" names one of them')
    if processes:
        details.append(f"Procfile has {', '.join(processes)}, and none is named {service.name}")
    return NothingToRun(
        f"found nothing to run for service {service.name}",
        where=f"services.{service.name}",
        details=tuple(details),
        hint=(f"mend {unread[0][0]}; or " if unread else "")
        + f'add app = "package.module:name" with framework, or command = ["..."], to '
        f"[services.{service.name}]",
    )
