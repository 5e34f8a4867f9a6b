"""Files in which version managers note which version of a tool a project wants. Each answers (version,
evidence), from the nearest folder that says so, upwards; None where nothing does."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Iterator

from shipyard.source import SourceTree

Said = tuple[str, str] | None


def version_file(tree: SourceTree, folder: str, name: str) -> Said:
    """A file that holds a version alone, as .python-version and .nvmrc."""
    for text, path in upwards(tree, folder, name):
        for _, words in lines_of_words(text):
            return words[0], path
    return None


def tool_versions(tree: SourceTree, folder: str, *names: str) -> Said:
    """A tool of asdf's .tool-versions."""
    for text, path in upwards(tree, folder, ".tool-versions"):
        for number, words in lines_of_words(text):
            if words[0] in names and len(words) > 1:
                return words[1], f"{path}:{number}"
    return None


def mise(tree: SourceTree, folder: str, file: str, *names: str) -> Said:
    """A tool of mise.toml or .mise.toml."""
    for text, path in upwards(tree, folder, file):
        tools = table(parsed(text), "tools")
        for name in names:
            value = tools.get(name)
            if isinstance(value, list):
                value = value[0] if value else None
            if isinstance(value, dict):
                value = value.get("version")
            if isinstance(value, str):
                return value, f"{path}:{line_of(text, ('tools', name))}"
    return None


def upwards(tree: SourceTree, folder: str, name: str) -> Iterator[tuple[str, str]]:
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


def lines_of_words(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers, without comments and empty ones."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


def parsed(text: str) -> dict[str, object]:
    """A TOML document; empty where the text is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def table(document: object, key: str) -> dict[str, object]:
    """A table within a document; empty where there is none."""
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    from shipyard.manifest.locate import locator

    return locator(text).line(path)
