"""Reads files below one root and nothing outside it, symbolic links included."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shipyard.errors import ShipyardError
from shipyard.source.ignore import IgnoreRules

TEXT_LIMIT = 5_000_000
"""Bytes. A source or lock file that detection reads is never this large."""


class SourceError(ShipyardError):
    """A file of the source tree cannot be used."""


class SourceTree:
    """The tree below `root`. All paths are relative to it, with slashes; "." is the root itself."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, relative: str) -> Path | None:
        """The real path, None when it is missing or outside."""
        try:
            real = (self.root / relative).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return real if real.is_relative_to(self.root) else None

    def is_file(self, relative: str) -> bool:
        real = self.path(relative)
        return real is not None and real.is_file()

    def is_dir(self, relative: str) -> bool:
        real = self.path(relative)
        return real is not None and real.is_dir()

    def text(self, relative: str) -> str | None:
        """A file's text, None when there is no such file. Raises SourceError for what is no text."""
        real = self.path(relative)
        if real is None or not real.is_file():
            return None
        try:
            if real.stat().st_size > TEXT_LIMIT:
                raise SourceError("the file is too large to be read", where=relative)
            data = real.read_bytes()
        except OSError as error:
            raise SourceError(f"the file cannot be read: {error.strerror}", where=relative) from error
        # UTF-16 is what some Windows shells write.
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise SourceError(
                "the file is not UTF-8", where=f"{relative}:{line}", hint="save it as UTF-8"
            ) from None

    def names(self, relative: str) -> tuple[str, ...]:
        """The names in a folder, sorted; empty when there is none."""
        real = self.path(relative)
        if real is None or not real.is_dir():
            return ()
        return tuple(sorted(entry.name for entry in os.scandir(real)))

    def digests(self, context: str, rules: IgnoreRules) -> dict[str, str]:
        """SHA-256 of each file below `context` that `rules` let through, by its path in the context.

        A digest covers content and executable bit, for a symbolic link its target. Empty folders and
        sockets do not count.
        """
        return dict(sorted(self._digests(self.root / context, "", rules)))

    def _digests(self, folder: Path, prefix: str, rules: IgnoreRules) -> Iterator[tuple[str, str]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"the folder cannot be read: {error.strerror}", where=str(folder)) from error
        for entry in entries:
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if not (rules.ignored(name) and rules.prunable(name)):
                    yield from self._digests(folder / entry.name, name + "/", rules)
            elif not rules.ignored(name):
                digest = _digest(entry, name)
                if digest is not None:
                    yield name, digest


def _digest(entry: os.DirEntry[str], name: str) -> str | None:
    try:
        if entry.is_symlink():
            return hashlib.sha256(b"link\0" + os.fsencode(Path(entry.path).readlink())).hexdigest()
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            return None
        with open(entry.path, "rb") as file:  # noqa: PTH123 - the hot path
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", where=name) from error
    digest.update(b"\0x" if found.st_mode & 0o111 else b"\0-")
    return digest.hexdigest()
