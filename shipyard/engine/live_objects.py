"""Files of containers that run: written, removed, asked for."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from shipyard.engine.objects import EngineError, Objects

_REMOVE = """\
import contextlib, glob, os, sys
for path in sys.argv[1:]:
    folder, name = os.path.split(path)
    code = os.path.join(folder, "__pycache__")
    made = glob.glob(f"{glob.escape(os.path.join(code, name[:-3]))}.*.pyc") if name.endswith(".py") else []
    for one in (path, *made):
        with contextlib.suppress(OSError):
            os.remove(one)
    for one in (code, folder):
        with contextlib.suppress(OSError):
            os.removedirs(one)
"""
"""With a module its byte code goes, and folders that are left empty do, as in a checkout: to Python they
would be packages."""
_MANY = 500


class LiveObjects(Objects):
    """As root, whoever the service's user is: the source in an image is nobody else's."""

    def write_files(self, container: str, files: Mapping[str, Path | None]) -> None:
        """Put files to absolute places in a container, running or not; None is an empty one. What is gone by
        now is left out."""
        self._write("put_archive", container, "/", archive(files))

    def remove_files(self, container: str, places: Iterable[str]) -> None:
        """Remove files of a container that runs, by the Python that every image of the recipe has."""
        paths = sorted(places)
        for first in range(0, len(paths), _MANY):
            words = ["python", "-IS", "-c", _REMOVE, *paths[first : first + _MANY]]
            made = self._write("exec_create", container, words, user="0", workdir="/")
            self._call("exec_start", made["Id"])

    def follow(self, container: str, since: float) -> Iterator[bytes]:
        """What a container prints since a time by the clock, in pieces, until it stops."""
        yield from self._call("logs", container, stream=True, follow=True, since=since)

    def has_file(self, container: str, place: str) -> bool:
        """Whether a container, running or not, has a file."""
        try:
            for _ in self.read_archive(container, place):
                pass
        except EngineError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True


def archive(files: Mapping[str, Path | None]) -> bytes:
    """A tar of files by absolute places, as `write_files` takes them."""
    content = io.BytesIO()
    # To the fraction of a second: reloaders, and Python itself, know an edit by its time.
    now = time.time()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for place, path in sorted(files.items()):
            entry = tarfile.TarInfo(place.lstrip("/"))
            entry.mtime, entry.mode = now, 0o644
            if path is None:
                archive.addfile(entry)
                continue
            try:
                if path.is_symlink():
                    entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
                    archive.addfile(entry)
                    continue
                if not path.is_file():
                    continue
                data = path.read_bytes()
                entry.mode = 0o755 if path.stat().st_mode & 0o111 else 0o644
            except FileNotFoundError:
                continue
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()
