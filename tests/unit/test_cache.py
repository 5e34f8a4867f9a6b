"""What is kept outside of a project: where, for whom, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.cache import cache_file, read_cache, write_cache

ROOT = Path("/srv/shop")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/shipyard/x"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/shipyard/x"),
        ({"HOME": "/h"}, "/h/.cache/shipyard/x"),
    ],
)
def test_its_place(environ: dict[str, str], folder: str) -> None:
    file = cache_file("x", ROOT, environ)
    assert file is not None
    assert str(file.parent) == folder
    assert file != cache_file("x", ROOT / "b", environ)
    assert "shop" not in file.name


def test_no_place() -> None:
    for environ in ({}, {"HOME": ""}, {"HOME": "relative"}):
        assert cache_file("x", ROOT, environ) is None
    assert read_cache(None) == b""
    write_cache(None, b"1")


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b"
    write_cache(file, b"1")
    write_cache(file, b"2")
    assert read_cache(file) == b"2"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [one.name for one in file.parent.iterdir()] == ["b"]


def test_a_place_that_cannot_be_used_is_left_alone(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("x")
    write_cache(taken / "b", b"1")
    assert read_cache(taken / "b") == b""
    folder = tmp_path / "folder" / "b"
    folder.mkdir(parents=True)
    write_cache(folder, b"1")
    assert read_cache(folder) == b""
    assert [one.name for one in folder.parent.iterdir()] == ["b"]
