"""Which manager a service uses: the manifest's word, else the one whose lock is there."""

from __future__ import annotations

import posixpath

from shipyard.errors import ShipyardError
from shipyard.managers import MANAGERS, Manager
from shipyard.managers.compiled import header
from shipyard.managers.project import read_project, table
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

WEAK = ("pep621",)
"""What counts only where no lock and no requirements are there."""


class ManagerError(ShipyardError):
    """What manager a service uses cannot be decided."""


class NothingToInstall(ManagerError):
    """No file of any manager is there."""


def choose(service: Service, tree: SourceTree) -> Manager:
    """Raises ManagerError, ProjectError."""
    folder = service.path or "."
    found = {manager.name: manager.evidence(tree, folder) for manager in MANAGERS}
    there = [manager for manager in MANAGERS if found[manager.name]]
    if service.build.manager is not None:
        return _declared(service, there, folder)
    strong = [manager for manager in there if manager.name not in WEAK]
    if len(strong) > 1:
        raise ManagerError(
            "found the locks of several package managers",
            where=f"services.{service.name}",
            details=tuple(_listed(tree, folder, found[one.name] or "", one.name) for one in strong),
            hint=f'remove those out of use, or add build = {{ manager = "{strong[0].name}" }} '
            f"to [services.{service.name}]",
        )
    if strong:
        return strong[0]
    _refuse_unlocked(service, tree, folder)
    if there:
        return there[0]
    shown = "the project's folder" if folder == "." else folder
    raise NothingToInstall(
        f"found no dependencies to install in {shown}",
        where=f"services.{service.name}",
        details=(
            "looked for uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml, requirements.txt and "
            "pyproject.toml",
        ),
        hint="run `uv lock`, or write a requirements.txt (an empty one will do)",
    )


def _declared(service: Service, there: list[Manager], folder: str) -> Manager:
    where = f"services.{service.name}.build.manager"
    chosen = next((one for one in MANAGERS if one.name == service.build.manager), None)
    if chosen is None:
        raise ManagerError(
            f"manager {service.build.manager!r} is not known",
            where=where,
            hint=f"known: {', '.join(one.name for one in MANAGERS)}",
        )
    if chosen not in there:
        raise ManagerError(f"the manifest says {chosen.name}, and its files are not in {folder}", where=where)
    return chosen


def _listed(tree: SourceTree, folder: str, evidence: str, name: str) -> str:
    """A file with its manager; an export of another's lock says so in its first lines."""
    made = header(tree.text(posixpath.join(folder, evidence)) or "") if name == "pip" else None
    if made is not None and made.lock is not None:
        return f"{evidence} (pip; by its first lines `{made.command}` wrote it from {made.lock})"
    return f"{evidence} ({name})"


def _refuse_unlocked(service: Service, tree: SourceTree, folder: str) -> None:
    """A project of a manager that always locks, without its lock."""
    if tree.is_file(posixpath.join(folder, "Pipfile")):
        name, lock, command = "Pipfile", "Pipfile.lock", "pipenv lock"
    elif table(read_project(tree, folder), "tool", "poetry", "dependencies"):
        name, lock, command = "pyproject.toml", "poetry.lock", "poetry lock"
    elif tree.is_file(posixpath.join(folder, "requirements.in")):
        name, lock = "requirements.in", "requirements.txt"
        command = "uv pip compile requirements.in -o requirements.txt"
    else:
        return
    raise ManagerError(
        f"{name} has no lock beside it: there is no {lock}",
        where=f"services.{service.name}",
        hint=f"run `{command}` in its folder and commit {lock}",
    )
