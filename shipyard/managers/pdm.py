"""PDM: pdm.lock beside a pyproject.toml.

With the strategy inherit_metadata, PDM's own default since 2.11, the lock says for each package in which
groups and under which marker it is installed. Without it, both follow from what depends on it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from shipyard.managers.closure import Edge, closure
from shipyard.managers.local import group_requirements, local_package, static_requirements
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
from shipyard.managers.markers import Marker, MarkerError, either, known, normal
from shipyard.managers.project import PROJECT, parse_toml, read_project, requires_python, table, texts
from shipyard.model.build import LocalPackage
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import PLAIN, Build
from shipyard.model.record import replace
from shipyard.source import SourceTree

LOCK = "pdm.lock"
_REQUIREMENT = r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?([^;@]*)(?:@[^;]*)?(?:;(.*))?"


class Pdm:
    """Installs exactly the lock, by its hashes; a lock out of date with its project is refused."""

    name = "pdm"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return LOCK if tree.is_file(posixpath.join(folder, LOCK)) else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises LockError, ProjectError."""
        no_date(build, LOCK)
        text = tree.text(posixpath.join(folder, LOCK)) or ""
        lock = parse_toml(text, LOCK)
        project = read_project(tree, folder)
        metadata = table(lock, "metadata")
        said = str(metadata.get("content_hash", "")).removeprefix("sha256:")
        if said not in content_hashes(project):
            raise stale(LOCK, "pdm lock")
        packages = entries(lock, text, "package", LOCK)
        groups = {normal(one): one for one in texts(metadata.get("groups"))}
        for kind, names in (("extra", build.extras), ("group", build.groups)):
            for name in names:
                if normal(name) not in groups:
                    raise unknown(kind, name, groups.keys() - {"default"}, LOCK)
        try:
            if "inherit_metadata" in texts(metadata.get("strategy")):
                chosen = _by_groups(packages, build)
            else:
                chosen = _by_closure(packages, project, build)
        except MarkerError as error:
            raise LockError(f"{str(error)!r} is no environment marker", where=LOCK) from None
        files = table(metadata, "files")
        sources = table(project, "tool", "pdm").get("source") or []
        return dependencies(
            tree,
            folder,
            manager=self.name,
            lock=LOCK,
            packages=_merged(_locked(package, marker, files) for package, marker in chosen),
            requires_python=requires_python(project),
            requires_where=PROJECT,
            own=_own(tree, folder, project),
            indexes=tuple(str(one["url"]) for one in sources if isinstance(one, dict) and "url" in one),
        )


def content_hashes(project: Mapping[str, Any]) -> frozenset[str]:
    """The content_hash that PDM's versions write for a project: older ones hash the overrides alone of
    [tool.pdm.resolution], newer ones all of it and [dependency-groups] among the development groups."""
    settings, standard = table(project, "tool", "pdm"), table(project, "project")
    resolution = table(settings, "resolution")
    development = table(settings, "dev-dependencies")
    groups: dict[str, list[Any]] = {}
    for declared in (table(project, "dependency-groups"), development):
        for name, value in declared.items():
            groups.setdefault(normal(name), []).extend(value)
    overrides = settings.get("overrides", resolution.get("overrides", {}))
    found = set()
    for dev in (development, groups):
        for name, value in (("overrides", overrides), ("resolution", resolution)):
            content = {
                "sources": settings.get("source", []),
                "dependencies": standard.get("dependencies", []),
                "dev-dependencies": dev,
                "optional-dependencies": standard.get("optional-dependencies", {}),
                "requires-python": standard.get("requires-python", ""),
                name: value,
            }
            text = json.dumps(content, sort_keys=True, default=str)
            found.add(hashlib.sha256(text.encode()).hexdigest())
    return frozenset(found)


def _by_groups(packages: list[dict[str, Any]], build: Build) -> list[tuple[dict[str, Any], Marker]]:
    wanted = {"default", *map(normal, (*build.extras, *build.groups))}
    return [
        (package, known(str(package.get("marker", ""))))
        for package in packages
        if wanted & {normal(group) for group in texts(package.get("groups"))}
    ]


def _by_closure(
    packages: list[dict[str, Any]], project: Mapping[str, Any], build: Build
) -> list[tuple[dict[str, Any], Marker]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(normal(package["name"]), []).append(package)
    development = {
        normal(key): value for key, value in table(project, "tool", "pdm", "dev-dependencies").items()
    }
    asked = list(static_requirements(project, build.extras, LOCK))
    for group in build.groups:
        if normal(group) in development:
            asked += texts(development[normal(group)])
        else:
            asked += group_requirements(project, (group,), LOCK)

    def edges(lines: list[str]) -> list[Edge]:
        found = []
        for line in lines:
            match = re.fullmatch(_REQUIREMENT, line)
            if match is None:
                raise LockError(f"{line!r} is not a requirement", where=LOCK)
            extras = {normal(one) for one in (match[2] or "").split(",") if one.strip()}
            marker = known(match[4] or "")
            for package in _candidates(by_name.get(normal(match[1]), []), match[3].strip()):
                if {normal(one) for one in texts(package.get("extras"))} <= extras:
                    found.append(Edge(package=package, marker=marker))
        return found

    return closure(edges(asked), lambda package, _: edges(list(texts(package.get("dependencies")))))


def _candidates(packages: list[dict[str, Any]], specifier: str) -> list[dict[str, Any]]:
    if len({package.get("version") for package in packages}) < 2 or not specifier:
        return packages
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(specifier.strip("()"))
    except InvalidSpecifier:
        return packages
    return [one for one in packages if allowed.contains(str(one.get("version")), prereleases=True)]


def _merged(packages: Any) -> list[Locked]:
    """A package and its entries with extras are one."""
    found: dict[tuple[str, str | None], Locked] = {}
    for one in packages:
        key = (one.name, one.version)
        before = found.get(key)
        if before is not None:
            one = replace(
                before, marker=either((before.marker, one.marker)), hashes=before.hashes or one.hashes
            )
        found[key] = one
    return list(found.values())


def _locked(package: Mapping[str, Any], marker: Marker, indexed: Mapping[str, Any]) -> Locked:
    files = package.get("files")
    if files is None:
        files = indexed.get(f"{package['name']} {package.get('version')}", [])
    hashes = tuple(str(file["hash"]) for file in files if isinstance(file, dict) and "hash" in file)
    reference = None
    if "git" in package:
        reference = f"git+{package['git']}@{package.get('revision') or package.get('ref')}"
        if package.get("subdirectory"):
            reference += f"#subdirectory={package['subdirectory']}"
    elif "url" in package:
        reference = str(package["url"])
        if len(hashes) == 1 and "#" not in reference:
            reference += f"#{hashes[0].replace(':', '=', 1)}"
    return Locked(
        name=normal(package["name"]),
        version=str(package.get("version")),
        marker=marker,
        hashes=hashes,
        reference=reference,
        path=str(package["path"]) if "path" in package else None,
        wheels=wheel_names(files),
        source=source_there(files),
        where=package["where"],
    )


def _own(tree: SourceTree, folder: str, project: Mapping[str, Any]) -> LocalPackage | None:
    """The project itself, unless it says that it is no distribution."""
    settings = table(project, "tool", "pdm")
    distribution = settings.get("distribution", True)
    if "package-type" in settings:
        distribution = settings["package-type"] == "library"
    if not distribution or "build-system" not in project:
        return None
    return local_package(tree, folder, ".", PROJECT)
