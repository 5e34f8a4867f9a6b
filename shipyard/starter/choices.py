"""Extras and groups of a project that nothing installs until the manifest names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipyard.errors import ShipyardError
from shipyard.managers.project import read_project, table
from shipyard.source import SourceTree

_ASIDE = re.compile(r"(?:dev|test|lint|doc|typ|ci$|format|style|debug|local|bench|all$).*", re.IGNORECASE)
"""What people name so is not for production."""


def choice_notes(tree: SourceTree, owner: str) -> Iterator[str]:
    """A note that names them, with the line for one."""
    try:
        project = read_project(tree, ".")
    except ShipyardError:
        return
    extras = [
        *table(project, "project", "optional-dependencies"),
        *table(project, "tool", "poetry", "extras"),
    ]
    groups = [*table(project, "dependency-groups"), *table(project, "tool", "poetry", "group")]
    for key, names in (("extras", extras), ("groups", groups)):
        found = sorted({name for name in names if not _ASIDE.match(name)})
        if found:
            line = f'build = {{ {key} = ["{found[0]}"] }}'
            yield f"{', '.join(found)} of the project's {key} are not installed: {line} in {owner} does that"
