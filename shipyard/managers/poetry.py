"""Poetry: poetry.lock beside a pyproject.toml, in the formats 1.1 to 2.1.

From 2.1 on the lock says for each package in which groups and under which marker it is installed. Before,
both follow from what depends on it, beginning with the project.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from shipyard.managers.closure import Edge, closure
from shipyard.managers.constraints import allows, python_marker, python_specifier
from shipyard.managers.local import local_package
from shipyard.managers.locked import (
    Locked,
    LockError,
    dependencies,
    entries,
    no_date,
    source_there,
    stale,
    unknown,
    wheel_names,
)
from shipyard.managers.markers import Marker, MarkerError, either, every, known, normal
from shipyard.managers.project import PROJECT, parse_toml, read_project, requires_python, table, texts
from shipyard.model.build import LocalPackage
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import PLAIN, Build
from shipyard.source import SourceTree

LOCK = "poetry.lock"
_ALWAYS_HASHED = ("dependencies", "source", "extras", "dev-dependencies")
_PROJECT_HASHED = ("requires-python", "dependencies", "optional-dependencies")


class Poetry:
    """Installs exactly the lock, by its hashes; a lock out of date with its project is refused."""

    name = "poetry"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return LOCK if tree.is_file(posixpath.join(folder, LOCK)) else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises LockError, ProjectError."""
        no_date(build, LOCK)
        text = tree.text(posixpath.join(folder, LOCK)) or ""
        lock = parse_toml(text, LOCK)
        project = read_project(tree, folder)
        _check_current(lock, project)
        packages = entries(lock, text, "package", LOCK)
        try:
            chosen = (
                _by_groups(packages, build)
                if _says_groups(lock)
                else _by_closure(packages, lock, project, build)
            )
        except MarkerError as error:
            raise LockError(f"{str(error)!r} is no environment marker", where=LOCK) from None
        _check_chosen(lock, project, packages, build)
        settings = table(project, "tool", "poetry")
        python = requires_python(project) or python_specifier(table(settings, "dependencies").get("python"))
        indexed = table(lock, "metadata", "files")
        return dependencies(
            tree,
            folder,
            manager=self.name,
            lock=LOCK,
            packages=[_locked(package, marker, indexed) for package, marker in chosen],
            requires_python=python,
            requires_where=PROJECT,
            own=_own(tree, folder, project),
        )


def content_hashes(project: Mapping[str, Any]) -> frozenset[str]:
    """The content-hash that Poetry's versions write for a project: 1.x hashes [tool.poetry] alone, 2.x
    [project] too where it says something of dependencies, and later ones [dependency-groups]."""
    settings = table(project, "tool", "poetry")
    legacy: dict[str, Any] = {key: settings.get(key) for key in _ALWAYS_HASHED}
    if settings.get("group") is not None:
        legacy["group"] = settings["group"]
    standard = {key: value for key, value in table(project, "project").items() if key in _PROJECT_HASHED}
    own = {key: value for key, value in legacy.items() if value is not None}
    contents: list[object] = [legacy]
    groups = project.get("dependency-groups")
    if standard:
        contents.append({"project": standard, "tool": {"poetry": own}})
    if groups:
        contents.append({"project": standard, "dependency-groups": groups, "tool": {"poetry": own}})
        contents.append({"dependency-groups": groups, "tool": {"poetry": own}})
    return frozenset(
        hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
        for content in contents
    )


def _check_current(lock: Mapping[str, Any], project: Mapping[str, Any]) -> None:
    metadata = table(lock, "metadata")
    if not str(metadata.get("lock-version", "")).startswith(("1.", "2.")):
        raise LockError("the lock's format is not known", where=LOCK, hint="run `poetry lock` in its folder")
    if metadata.get("content-hash") not in content_hashes(project):
        raise stale(LOCK, "poetry lock")


def _says_groups(lock: Mapping[str, Any]) -> bool:
    return all("groups" in package for package in lock.get("package", []))


def _check_chosen(
    lock: Mapping[str, Any], project: Mapping[str, Any], packages: list[dict[str, Any]], build: Build
) -> None:
    extras = {normal(name) for name in table(lock, "extras")}
    for extra in build.extras:
        if normal(extra) not in extras:
            raise unknown("extra", extra, extras, LOCK)
    groups = {normal(one) for one in table(project, "tool", "poetry", "group")}
    groups |= {normal(one) for one in table(project, "dependency-groups")}
    groups |= {normal(one) for package in packages for one in texts(package.get("groups"))} - {"main"}
    if table(project, "tool", "poetry", "dev-dependencies"):
        groups.add("dev")
    for group in build.groups:
        if normal(group) not in groups:
            raise unknown("group", group, groups, LOCK)


def _by_groups(packages: list[dict[str, Any]], build: Build) -> list[tuple[dict[str, Any], Marker]]:
    """Format 2.1: a package with its marker in the groups that are wanted."""
    wanted = {"main", *map(normal, build.groups)}
    chosen: list[tuple[dict[str, Any], Marker]] = []
    for package in packages:
        groups = [group for group in texts(package["groups"]) if normal(group) in wanted]
        said = package.get("markers", "")
        markers = [said if isinstance(said, str) else said.get(group, "") for group in groups]
        marker = either(known(text, build.extras) for text in markers)
        if marker is not False:
            chosen.append((package, marker))
    return chosen


def _by_closure(
    packages: list[dict[str, Any]], lock: Mapping[str, Any], project: Mapping[str, Any], build: Build
) -> list[tuple[dict[str, Any], Marker]]:
    """Formats before 2.1: what the project asks for, and what that asks for."""
    settings = table(project, "tool", "poetry")
    extras = {
        normal(name): {normal(one) for one in texts(value)} for name, value in table(lock, "extras").items()
    }
    optional = set().union(*(extras.get(normal(extra), set()) for extra in build.extras))
    asked = [table(settings, "dependencies")]
    for group in build.groups:
        asked.append(table(settings, "group", group, "dependencies"))
        if normal(group) == "dev":
            asked.append(table(settings, "dev-dependencies"))
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(normal(package["name"]), []).append(package)
    roots = []
    for requirements in asked:
        for name, value in requirements.items():
            if name == "python":
                continue
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and one.get("optional") and normal(name) not in optional:
                    continue
                roots += _edges(name, one, by_name)

    def further(package: dict[str, Any], extra: str) -> list[Edge]:
        if extra:
            lines = table(package, "extras").get(extra) or table(package, "extras").get(
                extra.replace("-", "_")
            )
            return [
                edge
                for line in texts(lines)
                for name in [re.split(r"[\s\[(<>=!~;]", line, maxsplit=1)[0]]
                for edge in _named(package, name, by_name)
            ]
        return [
            edge
            for name, value in table(package, "dependencies").items()
            for one in (value if isinstance(value, list) else [value])
            if not (isinstance(one, dict) and one.get("optional"))
            for edge in _edges(name, one, by_name)
        ]

    return closure(roots, further)


def _named(package: dict[str, Any], name: str, by_name: Mapping[str, list[dict[str, Any]]]) -> list[Edge]:
    """What an extra of a package asks for: its entry among the dependencies holds the constraint."""
    listed = {normal(key): value for key, value in table(package, "dependencies").items()}
    value = listed.get(normal(name), "*")
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and "markers" in one:
            # It repeats the extra, which is chosen here.
            one = {
                **one,
                "markers": re.sub(r"extra == (\"[^\"]*\"|'[^']*')", "os_name == 'posix'", one["markers"]),
            }
        found += _edges(name, one, by_name)
    return found


def _edges(name: str, value: object, by_name: Mapping[str, list[dict[str, Any]]]) -> list[Edge]:
    """From one entry of a table of dependencies to the locked packages that it means."""
    said = value if isinstance(value, dict) else {"version": value}
    parts = [known(str(said.get("markers", "")))]
    if said.get("python"):
        parts.append(known(python_marker(str(said["python"]))))
    if said.get("platform"):
        parts.append(str(said["platform"]) == "linux")
    candidates = by_name.get(normal(name), [])
    if len(candidates) > 1:
        fitting = [
            one for one in candidates if allows(str(said.get("version", "*")), str(one.get("version")))
        ]
        candidates = fitting or candidates
    return [
        Edge(package=one, marker=every(parts), extras=tuple(map(normal, texts(said.get("extras")))))
        for one in candidates
    ]


def _locked(package: Mapping[str, Any], marker: Marker, indexed: Mapping[str, Any]) -> Locked:
    source = table(package, "source")
    kind, url = source.get("type"), str(source.get("url", ""))
    files = package.get("files")
    if files is None:
        files = indexed.get(package["name"], [])
    hashes = tuple(str(file["hash"]) for file in files if isinstance(file, dict) and "hash" in file)
    reference = path = None
    if kind == "git":
        reference = f"git+{url}@{source.get('resolved_reference') or source.get('reference')}"
        if source.get("subdirectory"):
            reference += f"#subdirectory={source['subdirectory']}"
    elif kind == "url":
        reference = url + (f"#{hashes[0].replace(':', '=', 1)}" if len(hashes) == 1 else "")
    elif kind in ("directory", "file"):
        path = url
    return Locked(
        name=normal(package["name"]),
        version=str(package.get("version")),
        marker=marker,
        hashes=hashes,
        index=url if kind == "legacy" else None,
        reference=reference,
        path=path,
        wheels=wheel_names(files),
        source=source_there(files),
        where=package["where"],
    )


def _own(tree: SourceTree, folder: str, project: Mapping[str, Any]) -> LocalPackage | None:
    """The project itself, where Poetry would find a package to install.

    Most web projects have none of their own name, and are installed with --no-root.
    """
    settings = table(project, "tool", "poetry")
    if settings.get("package-mode") is False or "build-system" not in project:
        return None
    name = str(table(project, "project").get("name") or settings.get("name") or "")
    module = re.sub(r"[^A-Za-z0-9_]", "_", name)
    places = (module, f"src/{module}", f"{module}.py", f"src/{module}.py")
    there = any(
        tree.is_dir(place) or tree.is_file(place)
        for place in (posixpath.normpath(posixpath.join(folder, one)) for one in places)
    )
    if not (settings.get("packages") or (name and there)):
        return None
    return local_package(tree, folder, ".", PROJECT)
