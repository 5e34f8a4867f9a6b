"""Litestar: a module that makes a Litestar object, or a function that returns one."""

from __future__ import annotations

from shipyard.frameworks.objects import ObjectFramework


class Litestar(ObjectFramework):
    """A project that depends on litestar and makes one application."""

    name = "litestar"
    package = "litestar"
    title = "Litestar"
    classes = ("Litestar",)
    names = ("app", "application")
    factories = ("create_app", "make_app")
