"""Prints errors and problems a second time for the CI's pages, where the CI has such."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shipyard.model.plan import Problem

if TYPE_CHECKING:
    from shipyard.errors import ShipyardError
    from shipyard.render.annotations import Annotation, Line


def annotate_error(error: ShipyardError, arguments: Sequence[str]) -> None:
    """Annotations of an error that ended a command line; nothing outside GitHub Actions."""
    if not _wanted():
        return
    from shipyard.cli.place import folder
    from shipyard.errors import ShipyardError
    from shipyard.manifest import find_root
    from shipyard.manifest.errors import MANIFEST
    from shipyard.render.annotations import error_annotations

    try:
        root = find_root(folder(arguments))
    except (ShipyardError, OSError):
        return
    found = error_annotations(error, MANIFEST, _lines(root / MANIFEST))
    _print((one for one in found if (root / one.file).is_file()), root)


def annotate_problems(problems: Iterable[Problem], root: Path) -> None:
    """Annotations of a plan's problems, in the manifest of `root`; nothing outside GitHub Actions."""
    if not _wanted():
        return
    from shipyard.manifest.errors import MANIFEST
    from shipyard.render.annotations import problem_annotations

    _print(problem_annotations(problems, MANIFEST, _lines(root / MANIFEST)), root)


def _wanted() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _lines(manifest: Path) -> Line:
    from shipyard.manifest.locate import locator

    try:
        text = manifest.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return lambda path: None
    return lambda path: locator(text).line(path)


def _print(annotations: Iterable[Annotation], root: Path) -> None:
    """On standard error: standard output may be a document. Actions reads both."""
    from shipyard.render.annotations import github_line

    for annotation in annotations:
        print(github_line(annotation, _from_repository(root)), file=sys.stderr)


def _from_repository(root: Path) -> str:
    """The folder as the repository's files are named, "" for the repository itself."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return ""
    path = os.path.relpath(root.resolve(), Path(workspace).resolve())
    return "" if path == "." else Path(path).as_posix()
