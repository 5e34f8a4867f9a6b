"""Reads files below one root and nothing outside it, symbolic links included."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from shipyard.source.digests import SourceError, file_digests
from shipyard.source.ignore import IgnoreRules
from shipyard.source.stat_cache import StatCache

TEXT_LIMIT = 5_000_000
"""Bytes. A source or lock file that detection reads is never this large."""


class SourceTree:
    """The tree below `root`. All paths are relative to it, with slashes; "." is the root itself.

    `environ` says where digests are remembered from run to run; nowhere without it.
    """

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root.resolve()
        self._cache = StatCache.of(self.root, environ or {})

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

        A digest covers content and executable bit, for a symbolic link its target. Empty folders do not
        count. Raises SourceError for what a build could not read either.
        """
        where = "" if context == "." else f"{context}/"
        found = file_digests(f"{self.root}/{where}", where, rules, self._cache)
        return {path: found[path] for path in sorted(found)}

    def size(self, context: str, paths: Iterable[str]) -> int:
        """Bytes of the content of files of a context, those that are gone by now left out."""
        total = 0
        for path in paths:
            with contextlib.suppress(OSError):
                total += (self.root / context / path).lstat().st_size
        return total

    def remember(self) -> None:
        """Keep the digests that were asked for, for the next run."""
        self._cache.save()
