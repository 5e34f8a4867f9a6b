"""Quart: a module that makes a Quart object, or a function that returns one."""

from __future__ import annotations

from shipyard.frameworks.objects import ObjectFramework


class Quart(ObjectFramework):
    """A project that depends on quart and makes one application."""

    name = "quart"
    package = "quart"
    title = "Quart"
    classes = ("Quart",)
    names = ("app", "application")
    factories = ("create_app", "make_app")
