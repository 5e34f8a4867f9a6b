"""Whether uv.lock is still what the project asks for: uv itself refuses one that is not, in the build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipyard.errors import ShipyardError
from shipyard.managers.local import group_requirements
from shipyard.managers.markers import normal, requirement_name
from shipyard.managers.project import PROJECT, table
from shipyard.model.manifest import Build

LOCK = "uv.lock"
_PLACES = {"editable", "directory", "virtual", "git", "url", "path"}
"""Keys of a locked requirement that comes from a place of its own."""


class UvLockError(ShipyardError):
    """A uv project that cannot be used."""


def check_current(project: Mapping[str, Any], root: Mapping[str, Any], file: str) -> None:
    """What the project asks for must be what the lock was made for: uv records it as requires-dist.

    Names, extras and version ranges are compared; where a package comes from is uv's own matter, and
    its --locked refuses what this does not see. Raises UvLockError.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.utils import canonicalize_name

    if "dependencies" in project.get("dynamic", ()):
        # Its backend knows them, and uv asks it.
        return
    recorded = [
        one
        for one in root.get("metadata", {}).get("requires-dist", [])
        if "extra ==" not in one.get("marker", "")
    ]
    # Of what comes from a place of its own no version is recorded.
    placed = {one["name"] for one in recorded if one.keys() & _PLACES}
    locked = {
        (one["name"], tuple(sorted(one.get("extras", ()))), str(SpecifierSet(one.get("specifier", ""))))
        for one in recorded
    }
    asked: dict[tuple[str, tuple[str, ...], str], str] = {}
    for text in project.get("dependencies", []):
        try:
            one = Requirement(text)
        except InvalidRequirement:
            raise UvLockError(f"{text!r} is not a requirement", where=file) from None
        name = canonicalize_name(one.name)
        specifier = "" if name in placed else str(one.specifier)
        asked[name, tuple(sorted(one.extras)), specifier] = text
    missing = sorted(text for key, text in asked.items() if key not in locked)
    extra = sorted(f"{name}{spec}" for name, _, spec in locked - asked.keys())
    if missing or extra:
        details = [f"{file} asks for {text}" for text in missing]
        details += [f"{LOCK} was made for {text}" for text in extra]
        raise UvLockError(
            f"the lock is out of date with {file}",
            where=LOCK,
            details=tuple(details[:6]),
            hint="run `uv lock` in its folder",
        )


def check_sources(project: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Where [tool.uv.sources] takes a dependency from is in the lock. Raises UvLockError."""
    recorded = {one["name"]: one for one in root.get("metadata", {}).get("requires-dist", [])}
    sources = table(project, "tool", "uv", "sources")
    for name, one in sorted(sources.items()):
        kinds = one.keys() & {"git", "url", "path", "workspace"} if isinstance(one, dict) else set()
        locked = recorded.get(normal(name))
        if kinds and locked is not None and "specifier" in locked and not locked.keys() & _PLACES:
            raise UvLockError(
                f"the lock is out of date with {PROJECT}",
                where=LOCK,
                details=(f"{PROJECT} takes {name} from {', '.join(sorted(kinds))}, the lock from an index",),
                hint="run `uv lock` in its folder",
            )


def check_groups(project: Mapping[str, Any], root: Mapping[str, Any], build: Build) -> None:
    """What a chosen group asks for is what the lock was made for, by name. Raises UvLockError."""
    recorded = {
        normal(key): {one["name"] for one in value}
        for key, value in root.get("metadata", {}).get("requires-dev", {}).items()
    }
    for group in build.groups:
        if normal(group) not in recorded:
            continue
        asked = set(map(requirement_name, group_requirements(project, (group,), PROJECT)))
        if asked - recorded[normal(group)]:
            raise UvLockError(
                f"the lock is out of date with {PROJECT}",
                where=LOCK,
                details=(f"group {group} asks for {', '.join(sorted(asked - recorded[normal(group)]))}",),
                hint="run `uv lock` in its folder",
            )
