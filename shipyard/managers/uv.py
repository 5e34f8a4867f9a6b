"""uv: uv.lock beside a pyproject.toml.

Only what the project itself installs counts: the closure of its dependencies in the lock, without
dependency groups. The project's version, its dev dependencies and its tool sections decide nothing.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import tomllib
from collections.abc import Mapping
from typing import Any

from shipyard.managers.indexes import declared_indexes
from shipyard.managers.local import local_package
from shipyard.managers.locked import no_date, unknown
from shipyard.managers.markers import normal
from shipyard.managers.project import PROJECT, read_project, table
from shipyard.managers.setuptools import dynamic_files
from shipyard.managers.uv_current import LOCK, UvLockError, check_current, check_groups, check_sources
from shipyard.managers.workspace import is_member, workspace
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import PLAIN, Build
from shipyard.source import SourceTree


class Uv:
    """Installs exactly the lock, by its hashes; a lock out of date with its project fails the build."""

    name = "uv"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        root = _root(tree, folder)
        return posixpath.normpath(posixpath.join(root, LOCK)) if root else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises UvLockError, LockError, ProjectError."""
        no_date(build, LOCK)
        above = _root(tree, folder) or "."
        top = posixpath.normpath(posixpath.join(folder, above))
        text = tree.text(posixpath.join(top, LOCK)) or ""
        lock = _toml(text, LOCK)
        project = _toml(tree.text(posixpath.normpath(posixpath.join(folder, PROJECT))) or "", PROJECT)
        if "project" not in project:
            raise UvLockError(f"{LOCK} stands beside no {PROJECT} with a [project] table", where=LOCK)
        packages: list[dict[str, Any]] = lock.get("package", [])
        place = posixpath.relpath(folder, top)
        root = next((one for one in packages if place in _folders(one)), None)
        if root is None:
            raise UvLockError(
                "the lock does not hold this project", where=LOCK, hint="run `uv lock` in its folder"
            )
        check_current(project["project"], root, PROJECT)
        check_sources(project, root)
        check_groups(project, root, build)
        by_name: dict[str, list[dict[str, Any]]] = {}
        for package in packages:
            by_name.setdefault(package["name"], []).append(package)
        closure, edges = _closure(root, by_name, build)
        lines = {
            match[1]: text.count("\n", 0, match.start()) + 1
            for match in re.finditer(r'^name = "([^"]+)"', text, re.MULTILINE)
        }
        for package in closure:
            for one in _folders(package):
                name = posixpath.normpath(posixpath.join(above, one, PROJECT))
                own = table(read_project(tree, posixpath.join(folder, above, one)), "project")
                if package is not root and own:
                    check_current(own, package, name)
        archive = next((one for one in closure if "path" in one.get("source", {})), None)
        if archive is not None:
            raise UvLockError(
                f"{archive['name']} is an archive of the project, which cannot be installed yet",
                where=f"{LOCK}:{lines.get(archive['name'], 1)}",
                hint="unpack it and name its folder, or publish it to an index",
            )
        indexes = declared_indexes(tree, top)
        inside = [package for package in closure if _folders(package)]
        local = [
            local_package(tree, folder, posixpath.join(above, one), f"{LOCK}:{lines.get(package['name'], 1)}")
            for package in inside
            if "virtual" not in package["source"]
            for one in _folders(package)
        ]
        if "editable" in root["source"]:
            local.append(local_package(tree, folder, ".", PROJECT))
        members = sorted({one for package in packages for one in _folders(package)} - {"."})
        git = any("git" in package.get("source", {}) for package in closure)
        requires = project["project"].get("requires-python") or lock.get("requires-python")
        return Dependencies(
            manager=self.name,
            evidence=posixpath.normpath(posixpath.join(above, LOCK)),
            packages={
                package["name"]: Dependency(
                    name=package["name"],
                    version=package.get("version"),
                    where=f"{LOCK}:{lines.get(package['name'], 1)}",
                    wheels=_wheels(package),
                    source="sdist" in package if "registry" in package.get("source", {}) else None,
                )
                for package in closure
            },
            install=DependencyInstall(
                files=(
                    *(PROJECT, LOCK, *(posixpath.join(one, PROJECT) for one in members)),
                    *dynamic_files(tree, top),
                ),
                facts=(*sorted(_fact(package) for package in closure), *sorted(edges)),
                reduce=(_export(root["name"] if above != "." else None, build, local=bool(inside)),),
                install=("sync", *(() if git else ("--require-hashes",)), "/lock/pylock.toml"),
                root=above,
                git=git,
                local=tuple(local),
                local_options=indexes,
                indexes=indexes,
            ),
            requires_python=requires,
            requires_python_where=PROJECT,
        )


def _root(tree: SourceTree, folder: str) -> str | None:
    """Where the lock stands, seen from the project's folder: there, or above it in a workspace."""
    above = "."
    while True:
        place = posixpath.normpath(posixpath.join(folder, above))
        if place.startswith(".."):
            return None
        if tree.is_file(posixpath.join(place, LOCK)):
            if above == ".":
                return above
            inner = posixpath.relpath(folder, place)
            return above if is_member(inner, workspace(tree, place)) else None
        if place == ".":
            return None
        above = posixpath.normpath(posixpath.join(above, ".."))


def _folders(package: Mapping[str, Any]) -> tuple[str, ...]:
    """The folder in the source tree that a locked package is made of, relative to the lock."""
    source = package.get("source", {})
    return tuple(
        posixpath.normpath(source[kind]) for kind in ("virtual", "editable", "directory") if kind in source
    )


def _export(member: str | None, build: Build, *, local: bool) -> str:
    words = ["uv", "export", "-q", "--project", "/p", "--locked", "--no-default-groups"]
    words += ["--package", member] if member else []
    words += [word for name in build.extras for word in ("--extra", name)]
    words += [word for name in build.groups for word in ("--group", name)]
    words += ["--no-emit-local" if local or member else "--no-emit-project", "--no-header", "--no-annotate"]
    return " ".join(map(shlex.quote, [*words, "--format", "pylock.toml", "-o", "/lock/pylock.toml"]))


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UvLockError(f"not valid TOML: {error}", where=where) from None


def _closure(
    root: dict[str, Any], by_name: Mapping[str, list[dict[str, Any]]], build: Build
) -> tuple[list[dict[str, Any]], set[str]]:
    """Packages reachable from the project and its chosen extras and groups, and the edges with their markers
    and extras. Raises LockError."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    edges: set[str] = set()
    done: set[tuple[str, str, str]] = set()
    pending: list[tuple[dict[str, Any], str]] = [(root, ""), *((root, name) for name in _chosen(root, build))]
    while pending:
        package, extra = pending.pop()
        name = "" if package is root else package["name"]
        wanted = package.get("dependencies", [])
        if extra:
            wanted = package.get("optional-dependencies", {}).get(extra, [])
        if package is root and extra.startswith("group "):
            wanted = package.get("dev-dependencies", {}).get(extra.removeprefix("group "), [])
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


def _chosen(root: Mapping[str, Any], build: Build) -> list[str]:
    """The chosen extras, and the chosen groups after the word "group"."""
    extras = {normal(name): name for name in root.get("optional-dependencies", {})}
    groups = {normal(name): name for name in root.get("dev-dependencies", {})}
    extras |= {normal(name): name for name in root.get("metadata", {}).get("provides-extras", ())}
    groups |= {normal(name): name for name in root.get("metadata", {}).get("requires-dev", {})}
    found = []
    for kind, names, there in (("extra", build.extras, extras), ("group", build.groups, groups)):
        for name in names:
            if normal(name) not in there:
                raise unknown(kind, name, there, LOCK)
            found.append(there[normal(name)] if kind == "extra" else f"group {there[normal(name)]}")
    return found


def _fact(package: Mapping[str, Any]) -> str:
    """What of a package decides which bytes are installed."""
    files = [package.get("sdist") or {}, *package.get("wheels", [])]
    hashes = sorted(str(file["hash"]) for file in files if "hash" in file)
    origin = package.get("source", {})
    # Which registry served a file decides nothing: its hash does.
    source = "registry" if "registry" in origin else json.dumps(origin, sort_keys=True)
    return " ".join([package["name"], str(package.get("version")), source, *hashes])
