"""Starlette: a module that makes a Starlette object, or a function that returns one."""

from __future__ import annotations

from shipyard.frameworks.objects import ObjectFramework


class Starlette(ObjectFramework):
    """A project that depends on starlette and makes one application."""

    name = "starlette"
    package = "starlette"
    title = "Starlette"
    classes = ("Starlette",)
    names = ("app", "application")
    factories = ("create_app", "make_app")
