"""Package managers: one module each, registered here in the order in which they are looked for."""

from __future__ import annotations

from typing import Protocol

from shipyard.managers.pdm import Pdm
from shipyard.managers.pep621 import Pep621
from shipyard.managers.pip import Pip
from shipyard.managers.pipenv import Pipenv
from shipyard.managers.poetry import Poetry
from shipyard.managers.pylock import Pylock
from shipyard.managers.uv import Uv
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Build
from shipyard.source import SourceTree


class Manager(Protocol):
    """A package manager as Shipyard knows it."""

    name: str

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        """The file that shows the manager is used in `folder`, None when it is not."""
        ...

    def read(self, tree: SourceTree, folder: str, build: Build = ...) -> Dependencies:
        """What its files say, with the extras and groups that `build` asks for. Raises ShipyardError
        naming file and line."""
        ...


MANAGERS: tuple[Manager, ...] = (Uv(), Poetry(), Pdm(), Pipenv(), Pylock(), Pip(), Pep621())
