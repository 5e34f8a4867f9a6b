"""The archive that puts edited files into a container."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path

from shipyard.engine.live_objects import archive


def test_files_arrive_as_a_build_would_leave_them_and_new(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1\n")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "main.py").chmod(0o600)
    (tmp_path / "run").chmod(0o700)
    (tmp_path / "link").symlink_to("main.py")
    names = ("main.py", "run", "link", "gone")
    began = time.time()
    data = archive({**{f"/app/{name}": tmp_path / name for name in names}, "/mark": None})
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {one.name: one for one in tar.getmembers()}
        main = tar.extractfile("app/main.py")
        assert main is not None
        assert main.read() == b"x = 1\n"
    assert list(found) == ["app/link", "app/main.py", "app/run", "mark"], "what is gone is left out"
    assert [found[name].mode for name in ("app/main.py", "app/run")] == [0o644, 0o755]
    assert (found["app/link"].linkname, found["mark"].size) == ("main.py", 0)
    assert {(one.uid, one.gid) for one in found.values()} == {(0, 0)}
    # Finer than a second, or of two edits within one the second would be no edit to a reloader.
    assert all(one.mtime >= began - 0.001 for one in found.values())
