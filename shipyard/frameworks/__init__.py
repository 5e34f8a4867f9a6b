"""Frameworks: one module each, registered here in the order in which they are looked for."""

from __future__ import annotations

from typing import Protocol

from shipyard.frameworks.application import Application
from shipyard.frameworks.django import Django
from shipyard.frameworks.fastapi import FastAPI
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree


class Framework(Protocol):
    """A web framework as Shipyard knows it."""

    name: str

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        """The application in `folder`, None when there is none of this framework.

        Raises ShipyardError where there are several, listing them and the line to add.
        """
        ...


FRAMEWORKS: tuple[Framework, ...] = (Django(), FastAPI())
