"""Sanic: an object, run by the server that Sanic brings."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.frameworks.objects import ObjectFramework
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace

PORT = 8000


class Sanic(ObjectFramework):
    """A project that depends on sanic and makes one application.

    One process: its manager of several knows the machine's cores alone, not the container's limit.
    """

    name = "sanic"
    package = "sanic"
    title = "Sanic"
    classes = ("Sanic",)
    interface = "own"
    names = ("app", "application")
    factories = ("create_app", "make_app")

    def complete(self, application: Application, service: Service, dependencies: Dependencies) -> Application:
        port = service.port or PORT
        factory = ("--factory",) if application.factory else ()
        app = application.app.removesuffix("()")
        return replace(
            application,
            command=("sanic", app, *factory, "--host=0.0.0.0", f"--port={port}", "--single-process"),
            port=port,
            # Sanic's own is 15 s, beyond the engine's patience.
            environment=(("SANIC_GRACEFUL_SHUTDOWN_TIMEOUT", "8"),),
        )
