"""Files that are written whole: what stands in their place, and what is no file at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from shipyard.whole_file import whole_file


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with whole_file(path) as file:
        file.write(b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"two", 2])  # type: ignore[list-item]
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path, *, there: bool) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if there:
        target.write_bytes(b"before")
    link.symlink_to("target")
    with whole_file(link, 0o640) as file:
        file.write(b"after")
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"after", 0o640)


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    with whole_file(path) as file:
        file.write(b"through")
    reader.join()
    assert (read, path.is_fifo()) == ([b"through"], True)
