"""uv: uv.lock beside a pyproject.toml.

Only what the project itself installs counts: the closure of its dependencies in the lock, without
dependency groups. The project's version, its dev dependencies and its tool sections decide nothing.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from shipyard.errors import ShipyardError
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.source import SourceTree

LOCK = "uv.lock"
PROJECT = "pyproject.toml"


class UvLockError(ShipyardError):
    """A uv project that cannot be used."""


class Uv:
    """Installs exactly the lock, by its hashes; a lock out of date with its project fails the build."""

    name = "uv"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return LOCK if tree.is_file(posixpath.join(folder, LOCK)) else None

    def read(self, tree: SourceTree, folder: str) -> Dependencies:
        """Raises UvLockError."""
        text = tree.text(posixpath.join(folder, LOCK)) or ""
        lock = _toml(text, LOCK)
        project = _toml(tree.text(posixpath.join(folder, PROJECT)) or "", PROJECT)
        if "project" not in project:
            raise UvLockError(f"{LOCK} stands beside no {PROJECT} with a [project] table", where=LOCK)
        packages: list[dict[str, Any]] = lock.get("package", [])
        root = next((one for one in packages if _is_root(one)), None)
        if root is None:
            raise UvLockError(
                "the lock does not hold this project", where=LOCK, hint="run `uv lock` in its folder"
            )
        _check_current(project["project"], root)
        by_name: dict[str, list[dict[str, Any]]] = {}
        for package in packages:
            by_name.setdefault(package["name"], []).append(package)
        closure, edges = _closure(root, by_name)
        lines = {
            match[1]: text.count("\n", 0, match.start()) + 1
            for match in re.finditer(r'^name = "([^"]+)"', text, re.MULTILINE)
        }
        requires = project["project"].get("requires-python") or lock.get("requires-python")
        return Dependencies(
            manager=self.name,
            evidence=LOCK,
            packages={
                package["name"]: Dependency(
                    name=package["name"],
                    version=package.get("version"),
                    where=f"{LOCK}:{lines.get(package['name'], 1)}",
                    wheels=_wheels(package),
                )
                for package in closure
            },
            install=DependencyInstall(
                files=(PROJECT, LOCK),
                facts=(*sorted(_fact(package) for package in closure), *sorted(edges)),
                reduce=(
                    "uv export -q --project /p --locked --no-default-groups --no-emit-project --no-header"
                    " --no-annotate --format pylock.toml -o /lock/pylock.toml",
                ),
                install=("sync", "--require-hashes", "/lock/pylock.toml"),
            ),
            requires_python=requires,
            requires_python_where=PROJECT,
        )


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UvLockError(f"not valid TOML: {error}", where=where) from None


def _is_root(package: Mapping[str, Any]) -> bool:
    source = package.get("source", {})
    return "." in (source.get("virtual"), source.get("editable"))


def _check_current(project: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """What the project asks for must be what the lock was made for: uv records it as requires-dist.

    Names, extras and version ranges are compared; where a package comes from is uv's own matter, and
    its --locked refuses what this does not see. Raises UvLockError.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.utils import canonicalize_name

    locked = {
        (one["name"], tuple(sorted(one.get("extras", ()))), str(SpecifierSet(one.get("specifier", ""))))
        for one in root.get("metadata", {}).get("requires-dist", [])
        if "extra ==" not in one.get("marker", "")
    }
    asked: dict[tuple[str, tuple[str, ...], str], str] = {}
    for text in project.get("dependencies", []):
        try:
            one = Requirement(text)
        except InvalidRequirement:
            raise UvLockError(f"{text!r} is not a requirement", where=PROJECT) from None
        asked[canonicalize_name(one.name), tuple(sorted(one.extras)), str(one.specifier)] = text
    missing = sorted(text for key, text in asked.items() if key not in locked)
    extra = sorted(f"{name}{spec}" for name, _, spec in locked - asked.keys())
    if missing or extra:
        details = [f"{PROJECT} asks for {text}" for text in missing]
        details += [f"{LOCK} was made for {text}" for text in extra]
        raise UvLockError(
            f"the lock is out of date with {PROJECT}",
            where=LOCK,
            details=tuple(details[:6]),
            hint="run `uv lock` in its folder",
        )


def _closure(
    root: dict[str, Any], by_name: Mapping[str, list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], set[str]]:
    """Packages reachable from the project, and the edges with their markers and extras."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    edges: set[str] = set()
    done: set[tuple[str, str, str]] = set()
    pending: list[tuple[dict[str, Any], str]] = [(root, "")]
    while pending:
        package, extra = pending.pop()
        name = "" if package is root else package["name"]
        wanted = package.get("dependencies", [])
        if extra:
            wanted = package.get("optional-dependencies", {}).get(extra, [])
        for edge in wanted:
            edges.add(f"{name}[{extra}] -> {json.dumps(edge, sort_keys=True)}")
            for target in by_name.get(edge["name"], []):
                if "version" in edge and target.get("version") != edge["version"]:
                    continue
                seen[target["name"], target.get("version", "")] = target
                for further in ("", *edge.get("extra", [])):
                    key = (target["name"], target.get("version", ""), further)
                    if key not in done:
                        done.add(key)
                        pending.append((target, further))
    return [seen[key] for key in sorted(seen)], edges


def _wheels(package: Mapping[str, Any]) -> tuple[str, ...]:
    """File names of a package's wheels."""
    places = (
        str(one.get("filename") or one.get("url") or one.get("path", "")) for one in package.get("wheels", ())
    )
    names = (place.rpartition("/")[2] for place in places)
    return tuple(name for name in names if name.count("-") >= 4)


def _fact(package: Mapping[str, Any]) -> str:
    """What of a package decides which bytes are installed."""
    files = [package.get("sdist") or {}, *package.get("wheels", [])]
    hashes = sorted(str(file["hash"]) for file in files if "hash" in file)
    origin = package.get("source", {})
    # Which registry served a file decides nothing: its hash does.
    source = "registry" if "registry" in origin else json.dumps(origin, sort_keys=True)
    return " ".join([package["name"], str(package.get("version")), source, *hashes])
