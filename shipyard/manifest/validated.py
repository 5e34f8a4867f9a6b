"""Remember that a manifest was held against the schema: that costs more than all the rest of a load."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from shipyard import __version__


def digest(data: bytes, schema: bytes) -> str:
    """Of everything that the outcome of a validation depends on."""
    parts = (hashlib.sha256(part).digest() for part in (data, schema, __version__.encode()))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def is_known(root: Path, validated: str, environ: Mapping[str, str]) -> bool:
    marker = _marker(root, environ)
    try:
        return marker is not None and marker.read_text() == validated
    except (OSError, ValueError):
        return False


def remember(root: Path, validated: str, environ: Mapping[str, str]) -> None:
    """Best effort: a home that cannot be written costs time, nothing else."""
    marker = _marker(root, environ)
    if marker is None:
        return
    with contextlib.suppress(OSError, ValueError):
        marker.parent.mkdir(parents=True, exist_ok=True)
        written = marker.with_suffix(f".{os.getpid()}")
        written.write_text(validated)
        written.replace(marker)


def _marker(root: Path, environ: Mapping[str, str]) -> Path | None:
    """One small file a project, so that nothing piles up."""
    cache = environ.get("XDG_CACHE_HOME", "")
    if not cache.startswith("/"):  # the XDG base directory specification: relative ones are ignored
        home = environ.get("HOME", "")
        if not home.startswith("/"):
            return None
        cache = f"{home}/.cache"
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
    return Path(cache, "shipyard", "validated", name)
