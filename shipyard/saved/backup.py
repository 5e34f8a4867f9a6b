"""The file that a backup is: a tar of `backup.json` and of one compressed part for each thing that was kept,
each with its SHA-256."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shipyard.errors import ShipyardError
from shipyard.model.record import Record
from shipyard.saved.codec import from_values, to_values
from shipyard.whole_file import whole_file

KIND = "shipyard backup"
FORMAT = 1
_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
"""How every part begins."""


class BackupError(ShipyardError):
    """A file that is no backup, is damaged, or is of something else."""


class Part(Record):
    """`kind` is "dump" of a database, or "volume" mounted at `target` ("" for a dump); `file` its name in the
    backup, `sha256` of its compressed bytes."""

    kind: str
    file: str
    target: str
    sha256: str


class Backup(Record):
    """What was kept of which service; `image` is what it ran."""

    project: str
    stage: str
    service: str
    image: str
    parts: tuple[Part, ...]

    @property
    def dumped(self) -> bool:
        """Whether it holds databases, as their own tools wrote them."""
        return any(part.kind == "dump" for part in self.parts)


def digest_of(file: IO[bytes], start: bytes = b"") -> str:
    """SHA-256 of the rest of a file, behind what was read of it."""
    digest = hashlib.sha256(start)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def write_backup(path: Path, backup: Backup, folder: Path) -> None:
    """The file of parts that stand in `folder`, whole or not at all. Raises BackupError."""
    document = json.dumps({"kind": KIND, "format": FORMAT, **to_values(backup)}, indent=2).encode()
    (folder / "backup.json").write_bytes(document)
    try:
        with whole_file(path) as file, tarfile.open(fileobj=file, mode="w") as archive:
            for name in ("backup.json", *(part.file for part in backup.parts)):
                archive.add(folder / name, name, filter=_nobody)
    except OSError as error:
        raise BackupError(f"the file cannot be written: {error.strerror}", where=str(path)) from None


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


@contextmanager
def opened_backup(path: Path) -> Iterator[tuple[Backup, tarfile.TarFile]]:
    """The backup, every part of it checked by its digest. Raises BackupError."""
    try:
        with tarfile.open(path, "r:") as archive:
            backup = _read(archive, path)
            for part in backup.parts:
                with _member(archive, part.file, path) as file:
                    start = file.read(len(_GZIP))
                    if digest_of(file, start) != part.sha256 or start != _GZIP:
                        raise BackupError("a part of the file is damaged", where=f"{path}: {part.file}")
    except tarfile.TarError:
        raise BackupError("this is no backup, or it ends early", where=str(path)) from None
    except OSError as error:
        raise BackupError(f"the file cannot be read: {error.strerror}", where=str(path)) from None
    with tarfile.open(path, "r:") as archive:
        yield backup, archive


def _member(archive: tarfile.TarFile, name: str, path: Path) -> IO[bytes]:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise BackupError(f"it has no {name}", where=str(path))
    return file


def part_file(archive: tarfile.TarFile, part: Part) -> IO[bytes]:
    """The compressed bytes of a part."""
    return _member(archive, part.file, Path(str(archive.name)))


def _read(archive: tarfile.TarFile, path: Path) -> Backup:
    with _member(archive, "backup.json", path) as file:
        try:
            document = json.loads(file.read(_BLOCK))
        except (ValueError, RecursionError):
            document = None
    if not isinstance(document, dict) or (document.pop("kind", None), document.pop("format", 0)) != (
        KIND,
        FORMAT,
    ):
        raise BackupError("this is no backup that this version of Shipyard reads", where=str(path))
    backup = from_values(document, Backup, str(path))
    if not backup.parts:
        raise BackupError("there is nothing in this backup", where=str(path))
    return backup
