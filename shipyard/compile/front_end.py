"""The front end of a project: a package.json with a `build` script, its lock, and the Node that builds it.

Declared (`build.frontend`), else the service's own folder, else the only folder below it that has one.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping

from shipyard.compile.decisions import DetectionError, decided
from shipyard.compile.node_managers import LOCKS, NodeManager, node_manager
from shipyard.compile.node_version import ENDED, node_version
from shipyard.compile.references import locked
from shipyard.compile.version_files import table
from shipyard.model.build import Decision
from shipyard.model.manifest import DeclaredFrontEnd, Service
from shipyard.model.record import Record, replace
from shipyard.source import SourceTree

PACKAGE = "package.json"
_BELOW = ("static_src", "frontend", "front", "client", "web", "ui", "assets", "js")
"""Names of folders that hold one two folders deep: theme/static_src is django-tailwind's."""
_OTHERS = ("docs", "doc", "example", "examples", "test", "tests", "e2e", "node_modules", "vendor")
"""Folders whose package.json is of something else."""


class FrontEnd(Record):
    """`path` is the folder of package.json, `root` that of the lock, mostly the same, `output` what of all
    that the build writes is wanted, None for all: relative to the tree, or to the build context. `node` is
    the image that it is built with.
    `reads_python`: the build looks for class names in the project's Python files too."""

    path: str
    root: str
    manager: NodeManager
    lock: str | None
    node: str
    output: str | None = None
    reads_python: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.path, self.root)))

    def within(self, context: str, digests: Mapping[str, str]) -> FrontEnd:
        """Relative to a build context, from an image as it is locked."""
        output = self.output and posixpath.relpath(self.output, context)
        path, root = (posixpath.relpath(one, context) for one in (self.path, self.root))
        return replace(self, path=path, root=root, output=output, node=locked(self.node, digests))

    @property
    def files(self) -> tuple[str, ...]:
        """What the install cannot do without."""
        names = [posixpath.join(self.path, PACKAGE), posixpath.join(self.root, PACKAGE)]
        names += [posixpath.join(self.root, self.lock)] if self.lock else []
        return tuple(dict.fromkeys(map(posixpath.normpath, names)))


class FoundFrontEnd(Record):
    front: FrontEnd
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]


def find_front_end(service: Service, tree: SourceTree) -> FoundFrontEnd | None:
    """Raises DetectionError."""
    declared = service.build.frontend or DeclaredFrontEnd()
    path = None if declared.disabled else declared.path or _only_one(service, tree)
    if service.build.frontend is not None and not declared.disabled:
        _check_declared(service, tree, path)
    if path is None:
        return None
    package = _package(tree, path)
    root, lock = _lock(service, tree, path)
    manager = _manager(tree, path, root, lock, package)
    node = node_version(tree, path, package)
    front = FrontEnd(
        path=path,
        root=root,
        manager=manager,
        lock=lock,
        node=f"node:{node.value}-slim",
        output=_output(service, path, declared.output),
        reads_python=_has_tailwind(package) or _has_tailwind(_package(tree, root)),
    )
    evidence = f"{posixpath.normpath(posixpath.join(path, PACKAGE))} scripts.build"
    script = Decision(
        subject="front end's command",
        value=f"{manager.name} run build",
        evidence=posixpath.normpath(posixpath.join(root, lock)) if lock else "no lock says otherwise",
        origin="detected" if lock else "default",
    )
    return FoundFrontEnd(
        front=front,
        decisions=(decided("front end", path, evidence, declared.path), script, node),
        notes=_notes(front, node.value),
    )


def _check_declared(service: Service, tree: SourceTree, path: str | None) -> None:
    if path is None or not _builds(tree, path):
        which = f"no {PACKAGE} has a" if path is None else f"{posixpath.join(path, PACKAGE)} has no"
        raise DetectionError(
            f"{which} script named build",
            where=f"services.{service.name}.build.frontend",
            hint="name the folder of a package.json that has one, or add it",
        )


def _output(service: Service, path: str, declared: str | None) -> str | None:
    if declared is None:
        return None
    output = posixpath.normpath(posixpath.join(path, declared))
    if output == ".." or output.startswith(("/", "../")):
        raise DetectionError(
            f"{declared!r} is outside of the project",
            where=f"services.{service.name}.build.frontend.output",
            hint=f"name a folder relative to {path}",
        )
    return output


def _only_one(service: Service, tree: SourceTree) -> str | None:
    folder = service.path or "."
    if _builds(tree, folder):
        return folder
    found: list[str] = []
    for name in tree.names(folder):
        one = posixpath.normpath(posixpath.join(folder, name))
        if name.startswith(".") or name in _OTHERS:
            continue
        names = tree.names(one)
        if PACKAGE in names and _builds(tree, one):
            found.append(one)
        else:
            found += [
                below
                for name in sorted(set(names) & set(_BELOW))
                if _builds(tree, below := posixpath.join(one, name))
            ]
    if len(found) > 1:
        raise DetectionError(
            "found several front ends",
            where=f"services.{service.name}",
            details=tuple(posixpath.join(one, PACKAGE) for one in found),
            hint=f'say which: add frontend = {{ path = "{found[0]}" }} (or frontend = false) to '
            f"[services.{service.name}.build]",
        )
    return found[0] if found else None


def _package(tree: SourceTree, folder: str) -> dict[str, object]:
    path = posixpath.normpath(posixpath.join(folder, PACKAGE))
    try:
        document = json.loads(tree.text(path) or "{}")
    except json.JSONDecodeError as error:
        raise DetectionError(
            f"not valid JSON: {error.msg}",
            where=f"{path}:{error.lineno}",
            hint="mend it, or say build = { frontend = false }",
        ) from None
    except (ValueError, RecursionError):
        raise DetectionError(
            "no JSON that can be read", where=path, hint="mend it, or say build = { frontend = false }"
        ) from None
    return document if isinstance(document, dict) else {}


def _builds(tree: SourceTree, folder: str) -> bool:
    return bool(table(_package(tree, folder), "scripts").get("build"))


def _lock(service: Service, tree: SourceTree, path: str) -> tuple[str, str | None]:
    """The folder that is installed in, and the name of the lock there: of package.json itself, or of a
    workspace that it may be a member of."""
    top = service.context or service.path or "."
    here = path
    while True:
        names = tree.names(here)
        found = [name for name in LOCKS if name in names]
        if len({LOCKS[name] for name in found}) > 1:
            raise DetectionError(
                "found locks of several package managers",
                where=here,
                details=tuple(posixpath.normpath(posixpath.join(here, name)) for name in found),
                hint="keep the lock of the manager that you use",
            )
        workspace = "pnpm-workspace.yaml" in names or "workspaces" in _package(tree, here)
        if found and (here == path or workspace):
            return here, found[0]
        if here in (top, "."):
            return path, None
        here = posixpath.dirname(here) or "."


def _manager(
    tree: SourceTree, path: str, root: str, lock: str | None, package: dict[str, object]
) -> NodeManager:
    said = package.get("packageManager") or _package(tree, root).get("packageManager")
    asked = said if isinstance(said, str) else ""
    name = LOCKS[lock] if lock else asked.partition("@")[0] or "npm"
    if name not in ("npm", "pnpm", "yarn"):
        raise DetectionError(
            f"{name} is no package manager that front ends are built with",
            where=posixpath.normpath(posixpath.join(root, lock or PACKAGE)),
            hint="use npm, pnpm or yarn; or build it elsewhere, and say frontend = false",
        )
    text = tree.text(posixpath.join(root, lock)) if lock else None
    return node_manager(name, text or "", asked)


def _has_tailwind(package: dict[str, object]) -> bool:
    names = {*table(package, "dependencies"), *table(package, "devDependencies")}
    return any(name == "tailwindcss" or name.startswith("@tailwindcss/") for name in names)


def _notes(front: FrontEnd, node: str) -> tuple[str, ...]:
    notes = []
    if front.lock is None:
        where = "" if front.root == "." else f" in {front.root}"
        file = posixpath.normpath(posixpath.join(front.path, PACKAGE))
        mend = f"`{front.manager.mend}`{where} writes one"
        notes.append(f"{file} has no lock: each build takes what is newest; {mend}")
    ended = ENDED.get(node)
    if ended:
        notes.append(f"Node {node} got its last security fixes in {ended}: take a newer one")
    return tuple(notes)
