"""Pipenv: Pipfile.lock beside a Pipfile."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping
from typing import Any

from shipyard.managers.locked import Locked, LockError, dependencies, no_date, stale, unknown
from shipyard.managers.markers import MarkerError, known, normal
from shipyard.managers.project import read_json, read_toml, table, texts
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import PLAIN, Build
from shipyard.source import SourceTree

LOCK = "Pipfile.lock"
PROJECT = "Pipfile"
_OWN_TABLES = ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv")


class Pipenv:
    """Installs exactly the lock, by its hashes; a lock out of date with its Pipfile is refused."""

    name = "pipenv"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return LOCK if tree.is_file(posixpath.join(folder, LOCK)) else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises LockError, ProjectError."""
        no_date(build, LOCK)
        path = posixpath.join(folder, LOCK)
        lock = read_json(tree, path, LOCK)
        pipfile = read_toml(tree, posixpath.join(folder, PROJECT), PROJECT)
        if not pipfile:
            raise LockError(f"there is no {PROJECT} beside it", where=LOCK)
        for name, value in pipfile.items():
            if name not in ("source", "pipenv") and not isinstance(value, dict):
                raise LockError(f"{name} is not a table", where=PROJECT)
        meta = table(lock, "_meta")
        said = table(meta, "hash").get("sha256")
        if said not in content_hashes(pipfile, meta):
            raise stale(LOCK, "pipenv lock", project=PROJECT)
        if build.extras:
            raise LockError(
                "a Pipfile has no extras", where=PROJECT, hint="name its package categories in build.groups"
            )
        groups = {normal(name): name for name in lock if name not in ("_meta", "default")}
        sections = ["default"]
        for group in build.groups:
            name = {"dev": "develop", "dev-packages": "develop"}.get(normal(group), normal(group))
            if name not in groups:
                raise unknown("group", group, groups, LOCK)
            sections.append(groups[name])
        lines = _lines(tree.text(path) or "")
        python = table(pipfile, "requires")
        version = python.get("python_full_version") or python.get("python_version")
        return dependencies(
            tree,
            folder,
            manager=self.name,
            lock=LOCK,
            packages={
                package.name: package
                for section in sections
                for name, entry in table(lock, section).items()
                for package in [_locked(name, entry, f"{LOCK}:{lines.get(name, 1)}")]
            }.values(),
            requires_python=_specifier(str(version)) if version else None,
            requires_where=PROJECT,
            own_files=(PROJECT, LOCK),
            indexes=tuple(
                str(one["url"]) for one in meta.get("sources", []) if isinstance(one, dict) and "url" in one
            ),
        )


def _specifier(version: str) -> str:
    return f"=={version}" if version.count(".") > 1 else f"=={version}.*"


def content_hashes(pipfile: Mapping[str, Any], meta: Mapping[str, Any]) -> frozenset[str]:
    """The hash that Pipenv's versions write for a Pipfile: of its canonical JSON, package categories
    included, with names as they are spelled or, by later versions, normalised. One without sources is
    hashed with the default ones, which the lock names."""
    found = set()
    for sources in (pipfile.get("source", []), meta.get("sources", [])):
        for spelled in (dict, _normal_keys):
            content: dict[str, Any] = {
                "_meta": {"sources": sources, "requires": pipfile.get("requires", {})},
                "default": spelled(pipfile.get("packages", {})),
                "develop": spelled(pipfile.get("dev-packages", {})),
            }
            content |= {name: spelled(value) for name, value in pipfile.items() if name not in _OWN_TABLES}
            text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
            found.add(hashlib.sha256(text.encode()).hexdigest())
    return frozenset(found)


def _normal_keys(section: Mapping[str, Any]) -> dict[str, Any]:
    return {normal(name): value for name, value in section.items()}


def _lines(text: str) -> dict[str, int]:
    """The first line of each package's entry, as Pipenv indents them."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('        "') and line.endswith('": {'):
            found.setdefault(line.strip()[1:-4], number)
    return found


def _locked(name: str, entry: object, where: str) -> Locked:
    said = entry if isinstance(entry, dict) else {"version": entry}
    version = str(said.get("version", "")).removeprefix("==").strip()
    reference = None
    if "git" in said:
        reference = f"git+{said['git']}@{said.get('ref', 'HEAD')}"
        if said.get("subdirectory"):
            reference += f"#subdirectory={said['subdirectory']}"
    path: Any = said.get("path") or said.get("file")
    if isinstance(path, str) and "://" in path:
        reference, path = path, None
    if reference is None and path is None and not version:
        raise LockError(f"{name} has no version", where=where, hint="run `pipenv lock` in its folder")
    try:
        marker = known(str(said.get("markers", "")))
    except MarkerError as error:
        raise LockError(f"{str(error)!r} is no environment marker", where=where) from None
    return Locked(
        name=normal(name),
        version=version or None,
        marker=marker,
        hashes=texts(said.get("hashes")),
        reference=reference,
        path=path,
        where=where,
    )
