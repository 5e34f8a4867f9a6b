"""What of a folder reaches a build, and a digest of each file of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable

from shipyard.errors import ShipyardError
from shipyard.source.ignore import IgnoreRules
from shipyard.source.stat_cache import StatCache

_CHUNK = 1 << 20
EMPTIED = hashlib.sha256(b"emptied\0").hexdigest()
"""In place of a digest: a file that reaches the build without its content."""


class SourceError(ShipyardError):
    """A file of the source tree cannot be used."""


def file_digests(top: str, where: str, rules: IgnoreRules, cache: StatCache) -> dict[str, str]:
    """Digests of the files that the rules let through, by path below `top`, in no order.

    `top` ends in a slash; `where` is the same below the root of the cache's tree, "" for that itself.
    What is gone by the time it is read was never there. Raises SourceError.
    """
    made: dict[str, str] = {}
    folders = [("", 0, False)]
    while folders:
        prefix, parent, ignored = folders.pop()
        for entry in _entries(top, prefix, ignored):
            name = entry.name
            path = prefix + name
            out, state = False, 0
            if parent or rules.leaves_out(path, name):
                out, state = rules.check(path, name, parent)
            if entry.is_dir(follow_symlinks=False):
                if not (out and rules.prunes(path)):
                    folders.append((f"{path}/", state, out))
            elif not out:
                if not path.isascii():
                    _check_name(path)
                try:
                    found = entry.stat(follow_symlinks=False)
                    digest = cache.find(where + path, found)
                    if digest is None:
                        digest = _digest(entry.path, found)
                        cache.add(where + path, found, digest)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise _unreadable("file", path, error) from error
                if state and found.st_size and stat.S_ISREG(found.st_mode) and rules.empties(path, state):
                    digest = EMPTIED
                made[path] = digest
    return made


def _entries(top: str, prefix: str, ignored: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(top + prefix) as entries:
            return list(entries)
    except OSError as error:
        gone = prefix and isinstance(error, FileNotFoundError | NotADirectoryError)
        # What is left out may be closed to the reader, as data of a database are.
        if gone or (ignored and isinstance(error, PermissionError)):
            return []
        raise _unreadable("folder", prefix or top, error) from error


def _digest(path: str, found: os.stat_result) -> str:
    """Of content and executable bit, for a symbolic link of its target. A socket arrives as an empty file;
    pipes and devices as what they are."""
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFLNK:
        return hashlib.sha256(b"link\0" + os.fsencode(os.readlink(path))).hexdigest()  # noqa: PTH115
    if kind not in (stat.S_IFREG, stat.S_IFSOCK):
        return hashlib.sha256(f"special\0{kind:o}\0{found.st_rdev}".encode()).hexdigest()
    digest = hashlib.sha256()
    if kind == stat.S_IFREG:
        _read(path, found.st_size, digest.update)
    digest.update(b"\0x" if found.st_mode & 0o111 else b"\0-")
    return digest.hexdigest()


def _read(path: str, size: int, update: Callable[[bytes], None]) -> None:
    # The hot path: most files are read whole by one call, one byte more telling that there is none.
    chunk = min(size + 1, _CHUNK)
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        while True:
            data = os.read(handle, chunk)
            update(data)
            if len(data) < chunk:
                return
    finally:
        os.close(handle)


def _check_name(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        hint = "rename it, or name it in .dockerignore by a pattern with ?"
        raise SourceError("the name is not UTF-8, and no build takes it", where=shown, hint=hint) from None


def _unreadable(kind: str, where: str, error: OSError) -> SourceError:
    return SourceError(f"the {kind} cannot be read: {error.strerror}", where=where)
