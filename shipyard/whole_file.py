"""A file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def whole_file(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file to be written in a block, in the place of `path` when the block ends well.

    A symbolic link stays, and what it points to is written. Into what is no file, a pipe or /dev/stdout, is
    written as into any. Raises OSError.
    """
    # Where nothing is written it is not loaded.
    import tempfile

    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    # A name of its own: other runs, in other containers too, may write at the same time. It reaches no build.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.part-")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle
            yield file
        os.chmod(name, mode)  # noqa: PTH101 - what mkstemp gave is a name
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
