"""What changed between two looks."""

from __future__ import annotations

from pathlib import Path

from shipyard.source import SourceTree, parse_ignore
from shipyard.source.watch import Watched, changed, look


def test_what_is_added_edited_and_removed(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    for name in ("shipyard.toml", "api/main.py", "api/old.py", "api/.env"):
        (tmp_path / name).write_text("one")
    watched = Watched(contexts={"api": ("api", parse_ignore(".env\n*.log"))}, folders=(".", "gone"))
    tree = SourceTree(tmp_path)
    first = look(tree, watched)
    assert changed(first, look(tree, watched)) == ()
    (tmp_path / "api/main.py").write_text("two")
    (tmp_path / "api/old.py").unlink()
    (tmp_path / "api/new.py").write_text("")
    (tmp_path / "api/a.log").write_text("left out")
    (tmp_path / "shipyard.toml").write_text("longer")
    second = look(tree, watched)
    assert changed(first, second) == ("main.py", "new.py", "old.py", "shipyard.toml")
    # The same content at another time is no edit of a build.
    (tmp_path / "api/main.py").write_text("two")
    assert changed(second, look(tree, watched)) == ()
