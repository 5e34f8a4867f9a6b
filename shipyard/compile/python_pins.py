"""Files that name one Python version for a project."""

from __future__ import annotations

import json
import posixpath

from shipyard.compile.version_files import (
    Said,
    line_of,
    lines_of_words,
    mise,
    parsed,
    table,
    tool_versions,
    upwards,
    version_file,
)
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
    said = [version_file(tree, folder, ".python-version"), tool_versions(tree, folder, "python")]
    said += [mise(tree, folder, name, "python") for name in ("mise.toml", ".mise.toml")]
    said.append(_pipfile_lock(tree, folder))
    return _read(said)


def pins_after(tree: SourceTree, folder: str) -> Pins:
    """What counts after it."""
    return _read([_pipfile(tree, folder), _runtime(tree, folder)])


def _read(said: list[Said]) -> Pins:
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


def _pipfile_lock(tree: SourceTree, folder: str) -> Said:
    text = tree.text(posixpath.join(folder, "Pipfile.lock"))
    try:
        requires = table(table(json.loads(text or "{}"), "_meta"), "requires")
    except ValueError:
        return None
    return _required(requires, "Pipfile.lock _meta.requires")


def _pipfile(tree: SourceTree, folder: str) -> Said:
    text = tree.text(posixpath.join(folder, "Pipfile")) or ""
    requires = table(parsed(text), "requires")
    for key in ("python_full_version", "python_version"):
        if key in requires:
            return _required(requires, f"Pipfile:{line_of(text, ('requires', key))}")
    return None


def _required(requires: dict[str, object], evidence: str) -> Said:
    for key in ("python_full_version", "python_version"):
        value = requires.get(key)
        if isinstance(value, str):
            return value, evidence
    return None


def _runtime(tree: SourceTree, folder: str) -> Said:
    for text, path in upwards(tree, folder, "runtime.txt"):
        for number, words in lines_of_words(text):
            return words[0], f"{path}:{number}"
    return None
