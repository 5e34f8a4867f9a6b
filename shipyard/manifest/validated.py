"""Remember that a manifest was held against the schema: that costs more than all the rest of a load."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from shipyard import __version__
from shipyard.cache import cache_file, read_cache, write_cache


def digest(data: bytes, schema: bytes) -> str:
    """Of everything that the outcome of a validation depends on."""
    parts = (hashlib.sha256(part).digest() for part in (data, schema, __version__.encode()))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def is_known(root: Path, validated: str, environ: Mapping[str, str]) -> bool:
    return read_cache(cache_file("validated", root, environ)) == validated.encode()


def remember(root: Path, validated: str, environ: Mapping[str, str]) -> None:
    write_cache(cache_file("validated", root, environ), validated.encode())
