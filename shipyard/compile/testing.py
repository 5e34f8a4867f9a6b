"""Tests, which no image needs: an edit of one would replace what serves."""

from __future__ import annotations

import posixpath
import re

from shipyard.compile.mentioned import let_in_by, links_into, texts_beside
from shipyard.model.build import Decision, DependencyInstall, Ignored
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace
from shipyard.source import SourceTree

_FOLDERS = ("tests", "test")
_RUNNERS = ("pytest", "nose2")
_CONFTEST = "conftest.py"
_TEST = re.compile(r"conftest\.py|tests?_.*\.py|.*_tests?\.py|tests\.py")


def without_tests(
    install: DependencyInstall,
    services: tuple[Service, ...],
    dependencies: Dependencies,
    ignored: Ignored | None,
    tree: SourceTree,
) -> tuple[DependencyInstall, tuple[Decision, ...]]:
    """The install, with folders of tests among what stays out of the image: those at the project's top that
    nothing else names, where no runner of tests is installed and no package of the project may bring them
    along. A line of the ignore file (`ignored`) that lets one in keeps it. `services` are the image's."""
    folder = services[0].path or "."
    if any(one.folder == "." for one in install.local) or any(map(dependencies.get, _RUNNERS)):
        return install, ()
    kept = let_in_by(ignored)
    found = [
        name
        for name in _FOLDERS
        if name not in kept
        and _holds_tests(tree, posixpath.join(folder, name))
        and not _named(tree, services, folder, name)
    ]
    if not found:
        return install, ()
    if tree.is_file(posixpath.join(folder, _CONFTEST)):
        found.append(_CONFTEST)
    decision = Decision(
        subject="left out",
        value=", ".join(found),
        evidence=f"nothing but tests names them; !{found[0]} in .dockerignore keeps them",
        origin="detected",
    )
    return replace(install, own_files=(*install.own_files, *found)), (decision,)


def _holds_tests(tree: SourceTree, folder: str) -> bool:
    if not tree.is_dir(folder):
        return False
    names = tree.names(folder)
    inside = (one for name in names for one in tree.names(f"{folder}/{name}"))
    return any(_TEST.fullmatch(one) for one in (*names, *inside))


def _named(tree: SourceTree, services: tuple[Service, ...], folder: str, name: str) -> bool:
    """Whether code outside of it imports from it or has its name in a text, a service runs something of it,
    or a link leads there."""
    told = re.compile(rf"\b{name}\b")
    for one in services:
        words = (*(one.command or ()), *(one.entrypoint or ()), *(one.before_deploy or ()), one.app or "")
        checked = one.health.command if one.health is not None and one.health.command else ()
        if any(told.search(word) for word in (*words, *checked)):
            return True
    imported = rf"^[^#\n]*\b(?:from|import)\b[^#\n]*\b{name}\b"
    said = re.compile(rf"{imported}|[\"'/]{name}[\"'/.:]|\b{name}[./:]\w", re.MULTILINE)
    return any(said.search(text) for text in texts_beside(tree, folder, name)) or links_into(
        tree, folder, name
    )
