"""FastAPI: a module that makes a FastAPI object, or a function that returns one."""

from __future__ import annotations

from shipyard.frameworks.objects import ObjectFramework


class FastAPI(ObjectFramework):
    """A project that depends on fastapi and makes one application."""

    name = "fastapi"
    package = "fastapi"
    title = "FastAPI"
    classes = ("FastAPI",)
    names = ("app", "api")
    factories = ("create_app", "make_app")
