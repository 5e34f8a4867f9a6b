"""Frameworks: one module each, registered here in the order in which they are looked for.

What serves is looked for first, then workers, then programs of any kind: a service is the first kind of
which something is found. celery-beat is found only where the manifest names it.
"""

from __future__ import annotations

from typing import Protocol

from shipyard.frameworks.aiohttp import Aiohttp
from shipyard.frameworks.application import Application
from shipyard.frameworks.celery import Celery, CeleryBeat
from shipyard.frameworks.console import ConsoleScript
from shipyard.frameworks.django import Django
from shipyard.frameworks.dramatiq import Dramatiq
from shipyard.frameworks.fastapi import FastAPI
from shipyard.frameworks.flask import Flask
from shipyard.frameworks.gradio import Gradio
from shipyard.frameworks.litestar import Litestar
from shipyard.frameworks.quart import Quart
from shipyard.frameworks.rq import Rq
from shipyard.frameworks.sanic import Sanic
from shipyard.frameworks.script import PlainScript
from shipyard.frameworks.starlette import Starlette
from shipyard.frameworks.streamlit import Streamlit
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree


class Framework(Protocol):
    """A framework as Shipyard knows it."""

    name: str

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        """The application in `folder`, None when there is none of this framework.

        Raises ShipyardError where there are several, listing them and the line to add.
        """
        ...


WEB: tuple[Framework, ...] = (
    *(Django(), FastAPI(), Flask(), Starlette(), Litestar(), Quart(), Sanic(), Aiohttp()),
    *(Streamlit(), Gradio()),
)
WORKERS: tuple[Framework, ...] = (Celery(), CeleryBeat(), Rq(), Dramatiq())
PROGRAMS: tuple[Framework, ...] = (ConsoleScript(), PlainScript())
KINDS = (WEB, WORKERS, PROGRAMS)
FRAMEWORKS = WEB + WORKERS + PROGRAMS
