"""Packages of the source tree itself: the project, a path dependency, a workspace member."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from shipyard.managers.markers import normal, requirement_name
from shipyard.managers.project import PROJECT, ProjectError, read_project, table, texts
from shipyard.managers.setuptools import literal_name
from shipyard.model.build import LocalPackage
from shipyard.source import SourceTree

_BUILD_FILES = (PROJECT, "setup.py", "setup.cfg", "MANIFEST.in")
_BACKENDS = {
    "hatch": ("build", "version", "metadata"),
    "setuptools": None,
    "setuptools_scm": None,
    "setuptools-scm": None,
    "flit": None,
    "pdm": ("build", "version"),
    "uv": ("build-backend",),
    "poetry": (
        *("name", "version", "description", "readme", "packages", "include", "exclude", "scripts"),
        *("plugins", "dependencies", "extras", "build"),
    ),
    "maturin": None,
    "scikit-build": None,
    "meson-python": None,
    "cython": None,
    "poetry-dynamic-versioning": None,
}
"""Tool tables that decide what a build makes, and which of their keys do, None for all."""


def local_package(
    tree: SourceTree, folder: str, relative: str, where: str, *, resolve: bool = False
) -> LocalPackage:
    """The package in `relative`, seen from the project's folder. `where` names it. Raises ProjectError."""
    relative = posixpath.normpath(relative)
    place = posixpath.normpath(posixpath.join(folder, relative))
    if place.startswith(("..", "/")) or not tree.is_dir(place):
        raise ProjectError(
            f"there is no folder {relative} within the folder of shipyard.toml",
            where=where,
            hint="a path dependency must stand in the same source tree",
        )
    present = tuple(name for name in _BUILD_FILES if tree.is_file(posixpath.join(place, name)))
    if not {PROJECT, "setup.py"} & set(present):
        raise ProjectError(
            f"{relative} is no package: it has neither {PROJECT} nor setup.py",
            where=where,
            hint="code that is not installed is importable from the project's folder: drop the line",
        )
    document = read_project(tree, place)
    project = table(document, "project")
    name = project.get("name") or table(document, "tool", "poetry").get("name") or literal_name(tree, place)
    # What a script runs is anybody's guess; what is dynamic may stand in files of any name.
    free = "setup.py" in present or bool(set(texts(project.get("dynamic"))) - {"version"})
    documents = _documents(tree, place, document)
    facts = [_canonical([relative, document.get("build-system"), project, _tools(document)])]
    for file in documents:
        text = tree.text(posixpath.join(place, file)) or ""
        facts.append(f"{file} {hashlib.sha256(text.encode()).hexdigest()}")
    return LocalPackage(
        name=normal(str(name)) if name else _folder_name(place),
        folder=relative,
        needed=(*present, *documents),
        facts=tuple(facts),
        resolve=resolve,
        from_git=_from_git(document),
        free=free,
    )


def _from_git(document: Mapping[str, Any]) -> bool:
    """Whether the version is read from tags: by setuptools-scm, what is built on it, or PDM's backend."""
    wanted = [requirement_name(one) for one in texts(table(document, "build-system").get("requires"))]
    scm = table(document, "tool", "pdm", "version").get("source") == "scm"
    return scm or bool({"setuptools-scm", "hatch-vcs", "flit-scm", "poetry-dynamic-versioning"} & set(wanted))


def dynamic(tree: SourceTree, place: str) -> bool:
    """Whether what a package depends on is known only when it is built."""
    project = table(read_project(tree, place), "project")
    return not project or "dependencies" in texts(project.get("dynamic"))


def static_requirements(document: Mapping[str, Any], extras: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The dependencies of [project], with those of some of its extras. Raises ProjectError."""
    project = table(document, "project")
    optional = {normal(key): texts(value) for key, value in table(project, "optional-dependencies").items()}
    own = normal(str(project.get("name", "")))
    found = list(texts(project.get("dependencies")))
    pending, done = [normal(extra) for extra in extras], set[str]()
    while pending:
        extra = pending.pop(0)
        if extra in done:
            continue
        done.add(extra)
        if extra not in optional:
            listed = ", ".join(sorted(optional)) or "it has none"
            raise ProjectError(
                f"the project has no extra {extra!r}", where=where, details=(f"extras: {listed}",)
            )
        for line in optional[extra]:
            match = re.fullmatch(r"([A-Za-z0-9._-]+)\s*\[([^\]]+)\]", line.strip())
            if match and normal(match[1]) == own:
                pending += [normal(one.strip()) for one in match[2].split(",")]
            else:
                found.append(line)
    return tuple(found)


def group_requirements(document: Mapping[str, Any], groups: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The requirements of [dependency-groups] with their includes. Raises ProjectError."""
    declared = {normal(key): value for key, value in table(document, "dependency-groups").items()}
    found: list[str] = []
    pending, done = [normal(group) for group in groups], set[str]()
    while pending:
        group = pending.pop(0)
        if group in done:
            continue
        done.add(group)
        if group not in declared:
            listed = ", ".join(sorted(declared)) or "it has none"
            raise ProjectError(
                f"the project has no dependency group {group!r}", where=where, details=(f"groups: {listed}",)
            )
        for entry in declared[group]:
            if isinstance(entry, str):
                found.append(entry)
            elif isinstance(entry, dict) and "include-group" in entry:
                pending.append(normal(str(entry["include-group"])))
    return tuple(found)


def _folder_name(place: str) -> str:
    """Of a folder within the tree, by its whole path, since others may be called alike: what the tree's own
    is called is another matter in each checkout."""
    return re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-") or "package"


def _documents(tree: SourceTree, place: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Files that the metadata is made of: the readme, the license."""
    project, poetry = table(document, "project"), table(document, "tool", "poetry")
    named: list[object] = []
    for value in (project.get("readme"), project.get("license"), poetry.get("readme")):
        named += (
            [value.get("file")] if isinstance(value, dict) else value if isinstance(value, list) else [value]
        )
    return tuple(
        dict.fromkeys(
            name for name in named if isinstance(name, str) and tree.is_file(posixpath.join(place, name))
        )
    )


def _tools(document: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, settings in table(document, "tool").items():
        if name not in _BACKENDS:
            continue
        keys = _BACKENDS[name]
        kept = settings
        if keys is not None and isinstance(settings, dict):
            kept = {key: value for key, value in settings.items() if key in keys}
        if kept:
            found[name] = kept
    return found


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
