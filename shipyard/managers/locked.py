"""From the packages of a lock, whatever manager wrote it, to an install of exactly those.

The manager itself is not needed for that: each package becomes one requirement with its version, marker
and hashes, and uv installs the list without resolving anything.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable
from typing import Any

from shipyard.errors import ShipyardError
from shipyard.managers.indexes import of_lines
from shipyard.managers.local import local_package
from shipyard.managers.markers import Marker, marker_text
from shipyard.model.build import DependencyInstall, LocalPackage
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import Build
from shipyard.model.record import Record
from shipyard.source import SourceTree


class LockError(ShipyardError):
    """A lock that cannot be used."""


class Locked(Record):
    """One package of a lock. `name` normalised; `hashes` such as sha256:...; `index` the URL of the index
    it comes from when that is another than usual; `wheels` and `source` as in `Dependency`.

    At most one of these: `reference` is a direct one (git+https://...@commit, an archive's URL), `path` a
    folder or an archive of the project, relative to its folder.
    """

    name: str
    version: str | None
    marker: Marker = True
    hashes: tuple[str, ...] = ()
    index: str | None = None
    reference: str | None = None
    path: str | None = None
    wheels: tuple[str, ...] = ()
    source: bool | None = None
    where: str


def entries(lock: dict[str, Any], text: str, key: str, file: str) -> list[dict[str, Any]]:
    """The packages of a lock in TOML, each with its `where`, such as poetry.lock:12."""
    headers = re.finditer(rf"^\[\[{key}\]\]", text, re.MULTILINE)
    lines = [text.count("\n", 0, header.start()) + 1 for header in headers]
    return [
        {**package, "where": f"{file}:{line}"}
        for package, line in zip(lock.get(key, []), lines, strict=False)
    ]


def stale(
    lock: str, command: str, details: tuple[str, ...] = (), project: str = "pyproject.toml"
) -> LockError:
    """The error of a lock that was made for other requirements."""
    return LockError(
        f"the lock is out of date with {project}",
        where=lock,
        details=details,
        hint=f"run `{command}` in its folder",
    )


def unknown(kind: str, name: str, known: Iterable[str], lock: str) -> LockError:
    """The error of an extra or a group that is not in the lock."""
    listed = ", ".join(sorted(known)) or "it has none"
    return LockError(f"the lock has no {kind} {name!r}", where=lock, details=(f"{kind}s: {listed}",))


def wheel_names(files: Iterable[Any]) -> tuple[str, ...]:
    """The wheels among a lock's entries of files."""
    names = (str(file.get("file", "")) for file in files if isinstance(file, dict))
    return tuple(name for name in names if name.endswith(".whl"))


def source_there(files: Iterable[Any]) -> bool | None:
    """Whether a lock's entries of files have a source distribution among them; None where there are none."""
    names = [str(file.get("file", "")) for file in files if isinstance(file, dict)]
    return any(name.endswith((".tar.gz", ".zip", ".tar.bz2")) for name in names) if names else None


def no_date(build: Build, lock: str) -> None:
    """A lock needs no date. Raises LockError where the manifest has one."""
    if build.exclude_newer is not None:
        raise LockError(
            "exclude_newer dates a project without a lock, and this one has a lock",
            where=lock,
            hint="remove exclude_newer: the lock says every version already",
        )


def dependencies(
    tree: SourceTree,
    folder: str,
    *,
    manager: str,
    lock: str,
    packages: Iterable[Locked],
    requires_python: str | None,
    requires_where: str,
    own: LocalPackage | None = None,
    indexes: tuple[str, ...] = (),
    own_files: tuple[str, ...] = (),
) -> Dependencies:
    """What a lock's packages come to. `own` is the project itself where it is a package; `indexes` are
    URLs, the first one in place of the usual index.

    Raises LockError, ProjectError.
    """
    wanted = sorted(
        (one for one in packages if one.marker is not False), key=lambda one: (one.name, one.version or "")
    )
    hashed: list[str] = []
    bare: list[str] = []
    facts: list[str] = []
    files: list[str] = []
    local: list[LocalPackage] = []
    for one in wanted:
        marker = f" ; {marker_text(one.marker)}" if one.marker is not True else ""
        if one.path is not None and tree.is_dir(posixpath.normpath(posixpath.join(folder, one.path))):
            local.append(local_package(tree, folder, one.path, one.where))
            facts.append(f"local {one.name} {posixpath.normpath(one.path)}{marker}")
        elif one.path is not None:
            files.append(_archive(tree, folder, one))
            bare.append(f"{one.name} @ file:///p/{files[-1]}{marker}")
            data = (tree.path(posixpath.normpath(posixpath.join(folder, one.path))) or tree.root).read_bytes()
            facts.append(f"{bare[-1]} {hashlib.sha256(data).hexdigest()}")
        elif one.reference is not None:
            bare.append(f"{one.name} @ {one.reference}{marker}")
            facts.append(bare[-1])
        else:
            text = f"{one.name}=={one.version}{marker}"
            (hashed if one.hashes else bare).append(
                " ".join([text, *(f"--hash={value}" for value in sorted(set(one.hashes)))])
            )
            facts.append((hashed if one.hashes else bare)[-1])
    if own is not None:
        local.append(own)
        facts.append(f"local {own.name} {own.folder}")
    options = [f"--{'extra-' if number else ''}index-url {url}" for number, url in enumerate(indexes)]
    options += [f"--extra-index-url {one.index}" for one in wanted if one.index]
    said = tuple(dict.fromkeys(options))
    return Dependencies(
        manager=manager,
        evidence=lock,
        packages={
            one.name: Dependency(
                name=one.name, version=one.version, where=one.where, wheels=one.wheels, source=one.source
            )
            for one in wanted
        },
        install=DependencyInstall(
            files=tuple(files),
            own_files=own_files or (lock,),
            facts=tuple(facts),
            texts=(
                *((("requirements.txt", (*said, *_folded(hashed))),) if hashed else ()),
                *((("direct.txt", (*said, *bare)),) if bare else ()),
            ),
            install=_words("requirements.txt", "--require-hashes", said) if hashed else (),
            direct=_words("direct.txt", "--no-verify-hashes", said) if bare else (),
            git=any("git+" in text for text in bare),
            indexes=of_lines(said),
            local=tuple(local),
        ),
        requires_python=requires_python,
        requires_python_where=requires_where,
    )


def _words(name: str, hashes: str, options: tuple[str, ...]) -> tuple[str, ...]:
    # A file that is held to its hash may come from any; what has none from the index that is named first.
    several = any(option.startswith("--extra") for option in options)
    strategy = ("--index-strategy", "unsafe-best-match") if several and hashes == "--require-hashes" else ()
    return ("install", "--no-deps", hashes, *strategy, "-r", f"/lock/{name}")


def _folded(requirements: Iterable[str]) -> Iterable[str]:
    """One hash a line."""
    for text in requirements:
        first, *hashes = text.split(" --hash=")
        lines = [first, *(f"    --hash={value}" for value in hashes)]
        yield from (f"{line} \\" for line in lines[:-1])
        yield lines[-1]


def _archive(tree: SourceTree, folder: str, one: Locked) -> str:
    path = posixpath.normpath(one.path or "")
    if path.startswith(("..", "/")) or not tree.is_file(posixpath.normpath(posixpath.join(folder, path))):
        raise LockError(
            f"{one.path}, which {one.name} is installed from, is not in the project", where=one.where
        )
    return path
