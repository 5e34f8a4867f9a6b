"""Tars of small files, as the engine's archive call takes them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def small_files(files: Mapping[str, str], uid: int, gid: int) -> bytes:
    """A tar whose root belongs to the reader and whose files nobody else may read."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        root = tarfile.TarInfo(".")
        root.type, root.mode, root.uid, root.gid = tarfile.DIRTYPE, 0o500, uid, gid
        archive.addfile(root)
        for name, value in sorted(files.items()):
            data = value.encode()
            entry = tarfile.TarInfo(name)
            entry.mode, entry.uid, entry.gid, entry.size = 0o400, uid, gid, len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def empty_archive() -> bytes:
    """A tar of nothing."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w"):
        pass
    return content.getvalue()
