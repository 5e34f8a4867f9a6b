"""Dates of files by their content."""

from __future__ import annotations

import os
import time
from pathlib import Path

from shipyard.compile import dated


def dates(folder: Path) -> dict[str, float]:
    return {one.name: one.lstat().st_mtime for one in folder.rglob("*")}


def test_another_content_is_another_date(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css/site.css").write_text("lime")
    (tmp_path / "site.css.gz").write_text("lime")
    (tmp_path / "views.py").write_text("lime")
    (tmp_path / "link.css").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "views.py", tmp_path / "css"):
        os.utime(path, (1, 1))
    before = dates(tmp_path)
    assert dated.main([str(tmp_path)]) == 0
    found = dates(tmp_path)
    assert found["site.css"] == found["site.css.gz"], "by nothing but the content"
    assert dated.FIRST <= found["site.css"] < dated.FIRST + dated.SPAN < time.time()
    assert {name for name in found if found[name] == before[name]} == {"views.py", "css", "link.css", "pipe"}
    (tmp_path / "css/site.css").write_text("cyan")
    dated.main([str(tmp_path)])
    assert dates(tmp_path)["site.css"] != found["site.css"]
