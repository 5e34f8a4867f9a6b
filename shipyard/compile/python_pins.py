"""Files that name one Python version for a project."""

from __future__ import annotations

import json
import posixpath
import tomllib
from collections.abc import Iterator

from shipyard.model.record import Record
from shipyard.source import SourceTree


class Pin(Record):
    """`version` is a minor version such as 3.12: patch releases come with the base image."""

    version: str
    evidence: str


class Pins(Record):
    """What files say, in order; `notes` are on those that say what is no version of CPython."""

    pins: tuple[Pin, ...]
    notes: tuple[str, ...]


def pins_before(tree: SourceTree, folder: str) -> Pins:
    """What counts before requires-python."""
    said = [_plain(tree, folder), _asdf(tree, folder)]
    said += [_mise(tree, folder, name) for name in ("mise.toml", ".mise.toml")]
    said.append(_pipfile_lock(tree, folder))
    return _read(said)


def pins_after(tree: SourceTree, folder: str) -> Pins:
    """What counts after it."""
    return _read([_pipfile(tree, folder), _runtime(tree, folder)])


def _read(said: list[tuple[str, str] | None]) -> Pins:
    pins, notes = [], []
    for text, evidence in filter(None, said):
        version = minor_version(text)
        if version is not None:
            pins.append(Pin(version=version, evidence=evidence))
        else:
            notes.append(f"{evidence} says {text!r}, which is no version of CPython: it is not used")
    return Pins(pins=tuple(pins), notes=tuple(notes))


def minor_version(text: str) -> str | None:
    """ "3.12" of "3.12.7", "cpython-3.12.7", "python-3.12" or "cpython@3.12"."""
    for prefix in ("cpython", "python"):
        text = text.removeprefix(prefix)
    parts = text.lstrip("-@v").split("/")[0].split("-")[0].split(".")
    if len(parts) < 2 or parts[0] != "3" or not parts[1].isdecimal():
        return None
    return f"3.{parts[1]}"


def _upwards(tree: SourceTree, folder: str, name: str) -> Iterator[tuple[str, str]]:
    """(text, path relative to `folder`) of a file here and in each folder above."""
    here = posixpath.normpath(folder)
    while True:
        path = posixpath.normpath(posixpath.join(here, name))
        text = tree.text(path)
        if text is not None:
            yield text, posixpath.relpath(path, folder)
        if here == ".":
            return
        here = posixpath.dirname(here) or "."


def _words(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


def _plain(tree: SourceTree, folder: str) -> tuple[str, str] | None:
    for text, path in _upwards(tree, folder, ".python-version"):
        for _, words in _words(text):
            return words[0], path
    return None


def _asdf(tree: SourceTree, folder: str) -> tuple[str, str] | None:
    for text, path in _upwards(tree, folder, ".tool-versions"):
        for number, words in _words(text):
            if words[0] == "python" and len(words) > 1:
                return words[1], f"{path}:{number}"
    return None


def _mise(tree: SourceTree, folder: str, name: str) -> tuple[str, str] | None:
    for text, path in _upwards(tree, folder, name):
        tools = _table(_toml(text), "tools")
        value = tools.get("python")
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            value = value.get("version")
        if isinstance(value, str):
            return value, f"{path}:{_line(text, ('tools', 'python'))}"
    return None


def _pipfile_lock(tree: SourceTree, folder: str) -> tuple[str, str] | None:
    text = tree.text(posixpath.join(folder, "Pipfile.lock"))
    try:
        requires = _table(_table(json.loads(text or "{}"), "_meta"), "requires")
    except ValueError:
        return None
    return _required(requires, "Pipfile.lock _meta.requires")


def _pipfile(tree: SourceTree, folder: str) -> tuple[str, str] | None:
    text = tree.text(posixpath.join(folder, "Pipfile")) or ""
    requires = _table(_toml(text), "requires")
    for key in ("python_full_version", "python_version"):
        if key in requires:
            return _required(requires, f"Pipfile:{_line(text, ('requires', key))}")
    return None


def _required(requires: dict[str, object], evidence: str) -> tuple[str, str] | None:
    for key in ("python_full_version", "python_version"):
        value = requires.get(key)
        if isinstance(value, str):
            return value, evidence
    return None


def _runtime(tree: SourceTree, folder: str) -> tuple[str, str] | None:
    for text, path in _upwards(tree, folder, "runtime.txt"):
        for number, words in _words(text):
            return words[0], f"{path}:{number}"
    return None


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _table(document: object, key: str) -> dict[str, object]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _line(text: str, path: tuple[str, ...]) -> int | None:
    from shipyard.manifest.locate import locator

    return locator(text).line(path)
