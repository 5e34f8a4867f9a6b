"""What is remembered from run to run outside of the project, to save time and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from shipyard.whole_file import whole_file


def cache_file(kind: str, root: Path, environ: Mapping[str, str]) -> Path | None:
    """The file of this kind for a project's root, None where there is no place for one. One file a project,
    so that nothing piles up."""
    folder = cache_folder(kind, environ)
    return folder / hashlib.sha256(os.fsencode(root)).hexdigest()[:32] if folder is not None else None


def cache_folder(kind: str, environ: Mapping[str, str]) -> Path | None:
    """Where what is of one kind is remembered, None where there is no place for it.

    Source of the place: the XDG base directory specification.
    """
    cache = environ.get("XDG_CACHE_HOME", "")
    if not cache.startswith("/"):  # the specification: relative ones are ignored
        home = environ.get("HOME", "")
        if not home.startswith("/"):
            return None
        cache = f"{home}/.cache"
    return Path(cache, "shipyard", kind)


def read_cache(path: Path | None) -> bytes:
    """What was written there; nothing when that cannot be read."""
    try:
        return path.read_bytes() if path is not None else b""
    except (OSError, ValueError):
        return b""


def write_cache(path: Path | None, data: bytes) -> None:
    """Write a file for its owner alone, whole or not at all. Best effort: a home that cannot be written
    costs time, nothing else."""
    if path is None:
        return
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(data)
