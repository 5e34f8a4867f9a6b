"""Where in a project its services are: in the folder itself, else in those of a workspace or monorepo."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipyard.compile.application import NothingToRun
from shipyard.compile.decisions import DetectionError
from shipyard.compile.detect import Detection, detect
from shipyard.errors import ShipyardError
from shipyard.frameworks.application import EnvironmentRead
from shipyard.managers.choose import NothingToInstall
from shipyard.managers.project import PROJECT
from shipyard.managers.workspace import folders, is_member, members, workspace
from shipyard.model.manifest import Service
from shipyard.source import SourceTree
from shipyard.starter.dockerfile import Told, port_of, python_of
from shipyard.starter.settings import all_reads

_FILES = (PROJECT, "requirements.txt", "Pipfile", "setup.py", "manage.py")
_ASIDE = {"tests", "docs", "examples"}
_DEPTH = 2


class InsideWorkspace(ShipyardError):
    """The folder's lock stands above it, where no service in it can reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A service that was found. `folder` is relative to the project's, `tree` what is in it; `told` are keys
    that its Dockerfile alone knows; `reads` the variables that its source and the packages beside it read."""

    name: str
    folder: str
    tree: SourceTree
    found: Detection
    told: dict[str, Told]
    reads: dict[str, EnvironmentRead]

    @property
    def packages(self) -> dict[str, tuple[str, ...]]:
        """What it installs, each with its extras."""
        return {package: one.extras for package, one in self.found.dependencies.packages.items()}

    @property
    def django(self) -> bool:
        return self.found.detected.framework == "django"


def find_places(root: Path, tree: SourceTree) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """(places, notes): of the project's folder, else of those in it; a note on each that something is wrong
    with. Raises ShipyardError where nothing is found."""
    _refuse_member(root)
    try:
        return (_place(root, tree, ".", ""),), ()
    except (NothingToRun, NothingToInstall) as error:
        found, wrong = _inside(root, tree)
        if not found:
            raise next(iter(wrong.values()), error) from None
    serving = [folder for folder, one in found.items() if one.found.detected.role == "web"]
    names: dict[str, str] = {}
    for folder in found:
        usual = "web" if serving == [folder] else _slug(posixpath.basename(folder))
        names[folder] = usual if usual and usual not in names.values() else _slug(folder)
    notes = (f"{folder} is left out: {error.title}" for folder, error in wrong.items())
    return tuple(_place(root, tree, folder, name) for folder, name in names.items()), tuple(notes)


def _inside(root: Path, tree: SourceTree) -> tuple[dict[str, Place], dict[str, ShipyardError]]:
    """What is found, and what is wrong, by folder."""
    found: dict[str, Place] = {}
    wrong: dict[str, ShipyardError] = {}
    for folder in _candidates(tree):
        # What is in a service's folder is its own.
        if any(folder.startswith(f"{one}/") for one in (*found, *wrong)):
            continue
        try:
            found[folder] = _place(root, tree, folder, "")
        except (NothingToRun, NothingToInstall):
            continue
        except ShipyardError as error:
            wrong[folder] = error
    return found, wrong


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _place(root: Path, tree: SourceTree, folder: str, name: str) -> Place:
    inner = tree if folder == "." else SourceTree(root / folder)
    found, told = _detected(tree, inner, folder, name or "web")
    beside = [
        posixpath.normpath(posixpath.join(folder, one.folder)) for one in found.dependencies.install.local
    ]
    reads = {read.name: read for place in dict.fromkeys((folder, *beside)) for read in all_reads(tree, place)}
    usual = "web" if found.detected.role == "web" else "worker"
    return Place(name=name or usual, folder=folder, tree=inner, found=found, told=told, reads=reads)


def _detected(
    tree: SourceTree, inner: SourceTree, folder: str, name: str
) -> tuple[Detection, dict[str, Told]]:
    """What the source is; and the keys that its Dockerfile alone knows."""
    service = Service(name=name, path=folder)
    found, python, port = detect(service, tree), python_of(inner), port_of(inner)
    keys: dict[str, Told] = {}
    if python is not None and any(
        one.subject == "python" and one.origin == "default" for one in found.detected.decisions
    ):
        with contextlib.suppress(DetectionError):  # not one that the project's own range allows
            found = detect(Service(name=name, path=folder, python=str(python.value)), tree)
            keys["python"] = python
    if port is not None and found.detected.port not in (None, port.value):
        keys["port"] = port
    return found, keys


def _candidates(tree: SourceTree) -> Iterable[str]:
    """The members of a workspace, else folders that look like projects of their own."""
    with contextlib.suppress(ShipyardError):
        if found := members(tree):
            return found
    return [
        one
        for one in folders(tree, _DEPTH)
        if any(tree.is_file(f"{one}/{name}") for name in _FILES) and not _ASIDE & set(one.split("/"))
    ]


def _refuse_member(root: Path) -> None:
    for above in root.resolve().parents:
        inner = root.resolve().relative_to(above).as_posix()
        if _is_member_of(above, inner):
            raise InsideWorkspace(
                f"this folder is a member of the workspace in {above}, which has the lock",
                where=str(root),
                hint=f'run `shipyard init` there: a service of it names the folder, path = "{inner}"',
            )
        if (above / ".git").exists():
            return


def _is_member_of(above: Path, folder: str) -> bool:
    try:
        return (above / PROJECT).is_file() and is_member(folder, workspace(SourceTree(above)))
    except ShipyardError:
        return False
