"""Content is read once, and what is remembered of it never changes a result."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shipyard.source import SourceTree, digests, parse_ignore, stat_cache
from shipyard.source.stat_cache import StatCache

NONE = parse_ignore("")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree old enough to be remembered."""
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    for name in ("a", "b", "sub/c", "sub/é\n"):
        (folder / name).write_text(name)
    (folder / "link").symlink_to("a")
    return folder


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are old as soon as the clock that stamps them has moved on."""
    monkeypatch.setattr(stat_cache, "YOUNG", 0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files whose content was read."""
    names: list[str] = []
    original = digests._digest

    def watched(path: str, found: os.stat_result) -> str:
        names.append(Path(path).name)
        return original(path, found)

    monkeypatch.setattr(digests, "_digest", watched)
    return names


def digested(root: Path, home: Path, ignore: str = "", context: str = ".") -> dict[str, str]:
    """One run."""
    time.sleep(0.02)
    tree = SourceTree(root, {"HOME": str(home)})
    found = tree.digests(context, parse_ignore(ignore))
    tree.remember()
    return found


def cache_of(home: Path) -> Path:
    (file,) = (home / ".cache" / "shipyard" / "digests").iterdir()
    return file


def fresh(root: Path) -> dict[str, str]:
    return SourceTree(root).digests(".", NONE)


def test_content_is_read_once(root: Path, tmp_path: Path, read: list[str]) -> None:
    first = digested(root, tmp_path)
    assert sorted(read) == ["a", "b", "c", "link", "é\n"]
    read.clear()
    written = cache_of(tmp_path).stat().st_mtime_ns
    assert digested(root, tmp_path) == first == fresh(root)
    assert sorted(read) == sorted(["a", "b", "c", "link", "é\n"])  # by the run without a cache alone
    assert cache_of(tmp_path).stat().st_mtime_ns == written
    read.clear()
    # Another context of the same tree asks for the same files.
    assert digested(root, tmp_path, context="sub") == {"c": first["sub/c"], "é\n": first["sub/é\n"]}
    assert read == []


def test_twice_in_one_run_is_once(root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for age in (0, 10**12):
        monkeypatch.setattr(stat_cache, "YOUNG", age)
        time.sleep(0.02)
        tree = SourceTree(root)
        read.clear()
        assert tree.digests(".", NONE) == tree.digests(".", NONE)
        assert len(read) == 5


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_text(file.read_text().upper())
    stamps = file.stat()
    os.utime(other, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    other.replace(file)


def edited(file: Path) -> None:
    stamps = file.stat()
    file.write_text(file.read_text().upper())
    os.utime(file, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))


@pytest.mark.parametrize("change", [replaced, edited, lambda file: file.chmod(0o755)])
def test_a_change_that_keeps_size_and_time_is_seen(root: Path, tmp_path: Path, change: object) -> None:
    assert callable(change)
    before = digested(root, tmp_path)
    change(root / "a")
    after = digested(root, tmp_path)
    assert after == fresh(root)
    assert {path for path in after if after[path] != before[path]} == {"a"}


def test_a_link_is_known_by_its_target(root: Path, tmp_path: Path) -> None:
    digested(root, tmp_path)
    (root / "link").unlink()
    (root / "link").symlink_to("b")
    assert digested(root, tmp_path) == fresh(root)


def test_what_is_gone_is_forgotten(root: Path, tmp_path: Path) -> None:
    digested(root, tmp_path)
    assert b"sub/c" in cache_of(tmp_path).read_bytes()
    (root / "sub" / "c").unlink()
    assert "sub/c" not in digested(root, tmp_path)
    assert b"sub/c" not in cache_of(tmp_path).read_bytes()
    digested(root, tmp_path, ignore="*")
    assert digested(root, tmp_path) == fresh(root)


def test_what_is_young_is_not_remembered(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stat_cache, "YOUNG", 2_000_000_000)
    old = time.time() - 60
    for path in root.rglob("*"):
        os.utime(path, (old, old), follow_symlinks=False)
    # The time of the change is young, whatever that of the content says.
    digested(root, tmp_path)
    assert not (tmp_path / ".cache").exists()


def coarse(found: os.stat_result) -> os.stat_result:
    """As FAT tells it: in steps of two seconds."""
    step = 2_000_000_000
    stamps = {name: getattr(found, name) // step * step for name in ("st_ctime_ns", "st_mtime_ns")}
    return os.stat_result(tuple(found), stamps)


def test_of_edits_within_a_tick_none_is_missed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, add = StatCache.find, StatCache.add
    monkeypatch.setattr(StatCache, "find", lambda self, path, found: find(self, path, coarse(found)))
    monkeypatch.setattr(StatCache, "add", lambda self, path, found, one: add(self, path, coarse(found), one))
    monkeypatch.setattr(stat_cache, "YOUNG", 2_000_000_000)
    for number in range(20):
        (root / "a").write_text(f"{number:02}")
        assert digested(root, tmp_path) == fresh(root)


def test_a_damaged_cache_is_as_good_as_none(root: Path, tmp_path: Path) -> None:
    expected = digested(root, tmp_path)
    file = cache_of(tmp_path)
    good = file.read_bytes()
    dice = random.Random(1)
    damaged = [b"", b"x", good[:-1], good + b"x", good.replace(b"digests 1", b"digests 2"), good[:60]]
    for _ in range(40):
        at = dice.randrange(len(good))
        damaged.append(good[:at] + bytes([good[at] ^ (1 << dice.randrange(8))]) + good[at + 1 :])
    for data in damaged:
        file.write_bytes(data)
        tree = SourceTree(root, {"HOME": str(tmp_path)})
        assert stat_cache._parse(data) == {}
        assert tree.digests(".", NONE) == expected
    digested(root, tmp_path)
    assert len(stat_cache._parse(file.read_bytes())) == 5


def test_without_a_place_there_is_no_cache(root: Path, tmp_path: Path) -> None:
    expected = fresh(root)
    (tmp_path / "file").write_text("x")
    (tmp_path / "taken" / ".cache" / "shipyard" / "digests").mkdir(parents=True)
    digested(root, tmp_path / "taken")
    place = cache_of(tmp_path / "taken")
    place.unlink()
    place.mkdir()
    for home in (tmp_path / "file", tmp_path / "taken", Path("/proc/nowhere")):
        assert digested(root, home) == expected
    tree = SourceTree(root, {})
    assert tree.digests(".", NONE) == expected
    tree.remember()


def test_it_holds_names_and_digests_of_what_a_build_gets(root: Path, tmp_path: Path) -> None:
    (root / ".env").write_text("PASSWORD=hunter2")
    digested(root, tmp_path, ignore="**/.env*")
    data = cache_of(tmp_path).read_bytes()
    assert b".env" not in data
    assert b"hunter2" not in data
    assert cache_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert cache_of(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_runs_at_the_same_time_write_whole_files(root: Path, tmp_path: Path) -> None:
    expected = fresh(root)

    def run(number: int) -> bool:
        return digested(root, tmp_path, ignore=f"none{number}") == expected

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(40)))
    assert len(stat_cache._parse(cache_of(tmp_path).read_bytes())) == 5


def test_a_random_life(root: Path, tmp_path: Path) -> None:
    """Whatever is done to a tree between runs, remembering makes no difference."""
    dice = random.Random(7)
    names = ("a", "b", "sub/c", "sub/d", "e")

    def act(file: Path) -> None:
        match dice.randrange(7):
            case 0:
                file.unlink(missing_ok=True)
            case 1:
                file.unlink(missing_ok=True)
                file.symlink_to(dice.choice(names))
            case 2 if file.is_file():
                file.chmod(dice.choice((0o600, 0o700)))
            case 3 if file.is_file() and not file.is_symlink():
                replaced(file)
            case 4 if file.is_file() and not file.is_symlink():
                edited(file)
            case 5:
                file.unlink(missing_ok=True)
                shutil.copy2(root.parent / "copied", file)
            case _:
                file.unlink(missing_ok=True)
                file.write_text(dice.choice("xyz"))

    (root.parent / "copied").write_text("x")
    for _ in range(60):
        for _ in range(dice.randint(0, 3)):
            act(root / dice.choice(names))
        tree = SourceTree(root, {"HOME": str(tmp_path)})
        assert tree.digests(".", NONE) == fresh(root)
        tree.remember()
