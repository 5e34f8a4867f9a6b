"""A source tree looked at again and again: not all file systems send events."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

from shipyard.model.record import Record
from shipyard.source.ignore import IgnoreRules
from shipyard.source.tree import SourceTree


class Look(Record):
    """`files` are the digests of what reaches each build, by its name and by path in its context; `beside`
    what tells whether another file changed, which a manifest or a detection may read, by path below the
    root."""

    files: Mapping[str, Mapping[str, str]]
    beside: Mapping[str, tuple[int, int, int]]


class Watched(Record):
    """What is looked at: of each build its context, and what of that it lets in; the files directly in some
    `folders` too."""

    contexts: Mapping[str, tuple[str, IgnoreRules]]
    folders: Sequence[str]


def look(tree: SourceTree, watched: Watched) -> Look:
    """One look. Raises SourceError."""
    beside = {}
    for folder in watched.folders:
        for name in tree.names(folder):
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
            try:
                found = (tree.root / path).stat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                beside[path] = (found.st_ino, found.st_mtime_ns, found.st_size)
    files = {name: tree.digests(context, rules) for name, (context, rules) in watched.contexts.items()}
    return Look(files=files, beside=beside)


def changed(before: Look, after: Look) -> tuple[str, ...]:
    """Paths that were added, edited or removed between two looks: of a context those in it, of the others
    those below the root."""
    found: set[str] = set()
    pairs: list[tuple[Mapping[str, object], Mapping[str, object]]] = [(before.beside, after.beside)]
    pairs += [(before.files.get(name, {}), files) for name, files in after.files.items()]
    for old, new in pairs:
        found |= {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    return tuple(sorted(found))
