"""The script that makes byte code: by content, the same from the cache, and nothing where nothing can be."""

from __future__ import annotations

import importlib.util
import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shipyard.compile import bytecode
from shipyard.compile.scripts import byte_code
from shipyard.compile.system_layers import ENVIRONMENT


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bytecode, "CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / "lib" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "lib"


def code_of(module: Path) -> bytes:
    return Path(importlib.util.cache_from_source(str(module))).read_bytes()


def test_it_is_unchecked_and_names_the_place_in_the_image(tmp_path: Path) -> None:
    folder = write(tmp_path / "local" / "opt", a="x = 1\n")
    assert bytecode.main("/opt", str(tmp_path / "local")) == 0
    made = code_of(folder / "a.py")
    assert made[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(made[4:8], "little") == 0b01, "by content, and never looked at again (PEP 552)"
    assert marshal.loads(made[16:]).co_filename == "/opt/lib/a.py"


def test_what_was_compiled_before_is_taken_from_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, a="x = 1\n", b="y = 2\n")
    assert bytecode.main(str(folder)) == 0
    before = code_of(folder / "a.py")
    write(tmp_path, b="y = 3\n")
    asked: list[str] = []
    compile_one = bytecode.py_compile.compile

    def counted(path: str, *words: str, **rest: Any) -> object:
        asked.append(path)
        return compile_one(path, *words, **rest)

    monkeypatch.setattr(bytecode.py_compile, "compile", counted)
    os.utime(folder / "a.py", (1, 1))
    assert bytecode.main(str(folder)) == 0
    assert asked == [str(folder / "b.py")]
    assert code_of(folder / "a.py") == before
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 3


def test_the_same_text_elsewhere_is_another_module(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = write(tmp_path / name, a="x = 1\n")
        bytecode.main(str(folder))
        assert marshal.loads(code_of(folder / "a.py")[16:]).co_filename == str(folder / "a.py")


@pytest.mark.parametrize("text", ["class {{ name }}:\n", "\0", "x = '\\d'\nprint 1\n"])
def test_what_is_no_python_is_left(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path, a=text, b="x = 1\n")
    assert bytecode.main(str(folder)) == 0
    assert [path.name.partition(".")[0] for path in (folder / "__pycache__").iterdir()] == ["b"]


def test_many_are_shared_among_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode.os, "cpu_count", lambda: 3)
    folder = write(tmp_path, **{f"m{number}": f"x = {number}\n" for number in range(100)})
    assert bytecode.main(str(folder)) == 0
    assert len(list((folder / "__pycache__").iterdir())) == 100


def test_a_process_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode.os, "cpu_count", lambda: 2)
    folder = write(tmp_path, **{f"m{number}": "" for number in range(100)})
    # The second of two: where its byte code is to stand there is a folder.
    Path(importlib.util.cache_from_source(str(folder / "m1.py"))).mkdir(parents=True)
    assert bytecode.main(str(folder)) == 1


def test_the_order_of_a_set_is_the_same_in_every_build() -> None:
    """It is in byte code before Python 3.11, and depends on the seed of hashes."""
    python, *options, script, folder = byte_code("/app").split()
    assert (python, script, folder) == ("python", "/bytecode.py", "/app")
    words = [sys.executable, *options, "-c", "import sys; print(sys.flags.hash_randomization)"]
    said = subprocess.run(words, env=dict(ENVIRONMENT), capture_output=True, text=True, check=True).stdout
    assert said == "0\n"
