"""Digests of files whose content was read before, known again by what `stat` says of them."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from shipyard.cache import cache_file, read_cache, write_cache

_HEAD = b"shipyard digests 1\n"
_CHECKSUM = 32
_STAMP = struct.Struct("<QQqqq?")
_COUNT = struct.Struct("<I")
_SIZE = _STAMP.size
_ENTRY = _SIZE + 32
YOUNG = 2_000_000_000
"""Nanoseconds, the coarsest time stamp of a file system in use (FAT). A file that was changed less than
this before it was read may be changed once more and keep its time stamps: it is read again next time.
Source: git's rule for what is as young as its index ("Racy Git")."""


class StatCache:
    """Of one tree. Entries are by path below its root; what was not asked for is forgotten by `save`.

    An entry is a stamp (inode, device, change time, modification time, size, executable bit) with the
    digest behind it. The file: a head, a checksum of the rest, the entries, the paths. A damaged one or
    one of another format is as good as none. Measured for 10,000 files, to load and to compare: 14 ms,
    as lines of text 20, by marshal 20, as JSON 25.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._limit = time.time_ns() - YOUNG
        self._known = _parse(read_cache(file))
        self._written = len(self._known)
        self._young: dict[str, bytes] = {}
        self._used: dict[str, bytes] = {}
        self._added = False

    @classmethod
    def of(cls, root: Path, environ: Mapping[str, str]) -> StatCache:
        """The cache of the tree at `root`, in the user's cache folder."""
        return cls(cache_file("digests", root, environ))

    def find(self, path: str, found: os.stat_result) -> str | None:
        """The digest of a file that is still the same."""
        stamp = _stamp(found)
        entry = self._known.get(path)
        if entry is not None and entry[:_SIZE] == stamp:
            self._used[path] = entry
        else:
            entry = self._young.get(path)
            if entry is None or entry[:_SIZE] != stamp:
                return None
        return entry[_SIZE:].hex()

    def add(self, path: str, found: os.stat_result, digest: str) -> None:
        """Remember a digest. `found` was told before the content was read."""
        entry = _stamp(found) + bytes.fromhex(digest)
        if max(found.st_ctime_ns, found.st_mtime_ns) >= self._limit:
            self._young[path] = entry
        else:
            self._known[path] = self._used[path] = entry
            self._added = True

    def save(self) -> None:
        """Write what was asked for, if it is not what is there already."""
        if self._added or len(self._used) != self._written:
            entries = b"".join(self._used.values())
            body = _COUNT.pack(len(self._used)) + entries + "\0".join(self._used).encode()
            write_cache(self._file, _HEAD + hashlib.sha256(body).digest() + body)


def _stamp(found: os.stat_result) -> bytes:
    return _STAMP.pack(
        found.st_ino,
        found.st_dev,
        found.st_ctime_ns,
        found.st_mtime_ns,
        found.st_size,
        found.st_mode & 0o111 != 0,
    )


def _parse(data: bytes) -> dict[str, bytes]:
    start = len(_HEAD) + _CHECKSUM
    body = data[start:]
    if data[:start] != _HEAD + hashlib.sha256(body).digest():
        return {}
    end = _COUNT.size + _COUNT.unpack_from(body)[0] * _ENTRY
    entries = [body[at : at + _ENTRY] for at in range(_COUNT.size, end, _ENTRY)]
    return dict(zip(body[end:].decode().split("\0"), entries, strict=False))
