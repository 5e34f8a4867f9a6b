"""pylock.toml: the lock format of the packaging specifications (PEP 751), whatever tool wrote it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from shipyard.managers.locked import Locked, LockError, dependencies, entries, no_date, unknown
from shipyard.managers.markers import MarkerError, known, marker_text, normal
from shipyard.managers.project import parse_toml, table, texts
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import PLAIN, Build
from shipyard.source import SourceTree

LOCK = "pylock.toml"


class Pylock:
    """Installs exactly the lock, by its hashes."""

    name = "pylock"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return LOCK if tree.is_file(posixpath.join(folder, LOCK)) else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises LockError, ProjectError."""
        no_date(build, LOCK)
        text = tree.text(posixpath.join(folder, LOCK)) or ""
        lock = parse_toml(text, LOCK)
        if not str(lock.get("lock-version", "")).startswith("1."):
            raise LockError("the lock's format is not known: lock-version is not 1.x", where=LOCK)
        for kind, key, names in (
            ("extra", "extras", build.extras),
            ("group", "dependency-groups", build.groups),
        ):
            there = {normal(one) for one in texts(lock.get(key))}
            for name in names:
                if normal(name) not in there:
                    raise unknown(kind, name, there, LOCK)
        groups = (*texts(lock.get("default-groups")), *build.groups)
        chosen = []
        for package in entries(lock, text, "packages", LOCK):
            where = package["where"]
            try:
                marker = known(str(package.get("marker", "")), build.extras, groups)
            except MarkerError as error:
                raise LockError(f"{str(error)!r} is no environment marker", where=where) from None
            if marker is not False:
                chosen.append((package, marker, where))
        requires = lock.get("requires-python")
        requires = requires if isinstance(requires, str) else None
        if (
            any({"directory", "archive"} & package.keys() for package, _, _ in chosen)
            or build.extras
            or build.groups
        ):
            # By the file itself uv would look for the folders beside it, and choose for itself.
            return dependencies(
                tree,
                folder,
                manager=self.name,
                lock=LOCK,
                packages=[_locked(*one) for one in chosen],
                requires_python=requires,
                requires_where=LOCK,
            )
        git = any("vcs" in package for package, _, _ in chosen)
        return Dependencies(
            manager=self.name,
            evidence=LOCK,
            packages={
                normal(package["name"]): Dependency(
                    name=normal(package["name"]), version=_version(package), where=where
                )
                for package, _, where in chosen
            },
            install=DependencyInstall(
                files=(LOCK,),
                own_files=(LOCK,),
                facts=tuple(sorted(_fact(package, marker_text(marker)) for package, marker, _ in chosen)),
                install=("sync", *(() if git else ("--require-hashes",)), f"/p/{LOCK}"),
                git=git,
            ),
            requires_python=requires,
            requires_python_where=LOCK,
        )


def _version(package: Mapping[str, Any]) -> str | None:
    version = package.get("version")
    return str(version) if version is not None else table(package, "vcs").get("commit-id")


def _hashes(package: Mapping[str, Any]) -> list[str]:
    files = [*package.get("wheels", []), table(package, "sdist"), table(package, "archive")]
    return sorted(
        f"{algorithm}:{value}" for file in files for algorithm, value in table(file, "hashes").items()
    )


def _fact(package: Mapping[str, Any], marker: str) -> str:
    """What of a package decides which bytes are installed: not where a file is fetched from."""
    origin = json.dumps(table(package, "vcs"), sort_keys=True) if "vcs" in package else ""
    return " ".join([normal(package["name"]), str(package.get("version")), marker, origin, *_hashes(package)])


def _locked(package: Mapping[str, Any], marker: Any, where: str) -> Locked:
    vcs, archive, directory = (table(package, key) for key in ("vcs", "archive", "directory"))
    hashes = tuple(one for one in _hashes(package) if one.startswith("sha"))
    reference = path = None
    if vcs:
        reference = f"{vcs.get('type', 'git')}+{vcs.get('url')}@{vcs.get('commit-id')}"
        if vcs.get("subdirectory"):
            reference += f"#subdirectory={vcs['subdirectory']}"
    elif archive:
        path = archive.get("path")
        reference = None if path else archive.get("url")
    elif directory:
        path = directory.get("path")
    return Locked(
        name=normal(package["name"]),
        version=_version(package),
        marker=marker,
        hashes=hashes,
        index=package.get("index"),
        reference=reference,
        path=path,
        where=where,
    )
