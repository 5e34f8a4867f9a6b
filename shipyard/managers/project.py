"""pyproject.toml as every manager reads it."""

from __future__ import annotations

import json
import posixpath
import tomllib
from collections.abc import Mapping
from typing import Any

from shipyard.errors import ShipyardError
from shipyard.source import SourceTree

PROJECT = "pyproject.toml"


class ProjectError(ShipyardError):
    """A project or lock file that cannot be read."""


def read_toml(tree: SourceTree, path: str, name: str) -> dict[str, Any]:
    """A TOML file, empty when there is none. `name` is what errors call it. Raises ProjectError."""
    return parse_toml(tree.text(path) or "", name)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Raises ProjectError."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"not valid TOML: {error}", where=name) from None


def read_json(tree: SourceTree, path: str, name: str) -> dict[str, Any]:
    """A JSON object. Raises ProjectError."""
    try:
        found = json.loads(tree.text(path) or "")
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"not valid JSON: {error}", where=name) from None
    if not isinstance(found, dict):
        raise ProjectError("not a JSON object", where=name)
    return found


def read_project(tree: SourceTree, folder: str) -> dict[str, Any]:
    """The pyproject.toml of a folder, empty when there is none. Raises ProjectError."""
    return read_toml(tree, posixpath.normpath(posixpath.join(folder, PROJECT)), PROJECT)


def table(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A nested table; empty when it is absent or something else."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list; none of anything else."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def requires_python(document: Mapping[str, Any]) -> str | None:
    """What [project] says of the Python version."""
    found = table(document, "project").get("requires-python")
    return found if isinstance(found, str) else None


def packaged(document: Mapping[str, Any]) -> bool:
    """Whether the project is built by a backend: it has [build-system] and a name."""
    return "build-system" in document
