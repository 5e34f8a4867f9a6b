"""A confined view of the source: nothing outside is read, and a digest covers what an image would hold."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from pathlib import Path

import pytest
from sources import write_tree

from shipyard.source import SourceError, SourceTree, parse_ignore

NONE = parse_ignore("")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("path", ["../secret", "link", "folder/secret", "/etc/hostname", "gone", "loop"])
def test_nothing_outside_is_read(root: Path, path: str) -> None:
    (root.parent / "secret").write_text("x")
    (root / "link").symlink_to("../secret")
    (root / "folder").symlink_to("..")
    (root / "loop").symlink_to("loop")
    tree = SourceTree(root)
    assert tree.text(path) is None
    assert not tree.is_file(path)
    assert tree.names("folder") == ()


def test_links_inside_are_followed(root: Path) -> None:
    tree = write_tree(root, {"a/x.txt": "x"})
    (root / "b").symlink_to("a")
    assert tree.text("b/x.txt") == "x"
    assert tree.names("b") == ("x.txt",)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\xc3\xa9", "a\u00e9"),
        (b"\xef\xbb\xbfa", "a"),
        ("a\u00e9".encode("utf-16"), "a\u00e9"),
        (b"", ""),
    ],
)
def test_texts(root: Path, data: bytes, text: str) -> None:
    (root / "x").write_bytes(data)
    assert SourceTree(root).text("x") == text


def test_what_is_no_text_is_told_with_its_line(root: Path) -> None:
    (root / "x.py").write_bytes(b"a\nb\n\xff\n")
    with pytest.raises(SourceError) as caught:
        SourceTree(root).text("x.py")
    assert str(caught.value) == "x.py:3: the file is not UTF-8\n  -> save it as UTF-8"
    (root / "large").write_bytes(b"x" * 5_000_001)
    with pytest.raises(SourceError, match="too large"):
        SourceTree(root).text("large")


def test_a_digest_covers_content_executable_bit_and_target(root: Path) -> None:
    tree = write_tree(root, {"a": "1", "b": "1", "c": "1", "d/e": "2"})
    (root / "b").chmod(0o700)
    (root / "l").symlink_to("a")
    (root / "m").symlink_to("gone")
    (root / "empty").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(root / "s"))
    found = tree.digests(".", NONE)
    assert list(found) == ["a", "b", "c", "d/e", "l", "m", "s"]
    assert found["a"] == found["c"]
    # A socket arrives as an empty file.
    (root / "t").touch(mode=(root / "s").stat().st_mode & 0o777)
    assert tree.digests(".", NONE)["t"] == found["s"]
    assert len({found[name] for name in ("a", "b", "d/e", "l", "m")}) == 5
    (root / "l").unlink()
    (root / "l").symlink_to("c")
    (root / "a").chmod(0o640)
    again = tree.digests(".", NONE)
    assert again["l"] != found["l"]
    assert again["a"] == found["a"]


def test_what_is_gone_or_closed_is_no_error_where_a_build_has_none(root: Path) -> None:
    write_tree(root, {"open/a": "1", "data/b": "2"})

    rules = parse_ignore("x")
    ask = rules.leaves_out

    def while_others_work(path: str, name: str) -> bool:
        if path == "open/a":
            (root / "open" / "a").unlink()
        if path == "data":
            shutil.rmtree(root / "data")
        return ask(path, name)

    rules.leaves_out = while_others_work
    assert SourceTree(root).digests(".", rules) == {}
    with pytest.raises(SourceError, match="the folder cannot be read"):
        SourceTree(root).digests("gone", NONE)


def test_a_folder_closed_to_the_reader(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error, as in a build, unless it is left out. It is looked into even then: a `!` has a wildcard."""
    tree = write_tree(root, {"data/a": "1", "b": "2"})
    scandir = os.scandir

    def closed(path: str) -> object:
        if path.endswith("data/"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert list(tree.digests(".", parse_ignore("data\n!*.txt"))) == ["b"]
    with pytest.raises(SourceError) as caught:
        tree.digests(".", parse_ignore("data/a"))
    assert str(caught.value) == "data/: the folder cannot be read: Permission denied"


def test_bytes_of_the_files_of_a_context(root: Path) -> None:
    tree = write_tree(root, {"api/a": "12345", "api/b/c": "1"})
    assert tree.size("api", ["a", "b/c", "gone"]) == 6


def test_digests_of_a_context_by_its_ignore_file(root: Path) -> None:
    tree = write_tree(root, {"api/a.py": "", "api/out/b.py": "", "api/out/keep.py": "", "other.py": ""})
    assert list(tree.digests("api", parse_ignore("out\n!out/keep.py\n"))) == ["a.py", "out/keep.py"]
