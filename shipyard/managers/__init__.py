"""Package managers: one module each, registered here in the order in which they are looked for."""

from __future__ import annotations

from typing import Protocol

from shipyard.managers.pip import Pip
from shipyard.managers.uv import Uv
from shipyard.model.dependencies import Dependencies
from shipyard.source import SourceTree


class Manager(Protocol):
    """A package manager as Shipyard knows it."""

    name: str

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        """The file that shows the manager is used in `folder`, None when it is not."""
        ...

    def read(self, tree: SourceTree, folder: str) -> Dependencies:
        """What its files say. Raises ShipyardError naming file and line."""
        ...


MANAGERS: tuple[Manager, ...] = (Uv(), Pip())
