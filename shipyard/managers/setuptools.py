"""What a setuptools project says of its dependencies outside of [project], where it says it literally.

Its own build decides what is installed. This is for who asks which packages a project uses.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import posixpath
from collections.abc import Iterator, Sequence

from shipyard.managers.project import read_project, table, texts
from shipyard.managers.requirements import read_lines
from shipyard.source import SourceTree

SETUP = "setup.py"
CONFIG = "setup.cfg"
_KEY = "install_requires"


def literal_requirements(tree: SourceTree, place: str) -> Iterator[tuple[str, str]]:
    """(requirement, where) of the package in a folder: by setup.py, setup.cfg, and the files that
    [tool.setuptools.dynamic] of pyproject.toml names. Raises RequirementsError."""
    yield from _setup(tree.text(posixpath.normpath(posixpath.join(place, SETUP))) or "")
    config = configparser.ConfigParser(interpolation=None)
    text = tree.text(posixpath.normpath(posixpath.join(place, CONFIG))) or ""
    with contextlib.suppress(configparser.Error):
        config.read_string(text)
    said = config.get("options", _KEY, fallback="")
    if said.startswith("file:"):
        yield from _files(tree, place, said.removeprefix("file:").replace(",", " ").split())
    else:
        lines = [line.strip() for line in text.splitlines()]
        asked = [line.strip() for line in said.splitlines() if line.strip() and line.strip()[0] not in "#;"]
        yield from ((one, f"{CONFIG}:{lines.index(one) + 1}" if one in lines else CONFIG) for one in asked)
    named = table(read_project(tree, place), "tool", "setuptools", "dynamic", "dependencies").get("file")
    yield from _files(tree, place, (named,) if isinstance(named, str) else texts(named))


def dynamic_files(tree: SourceTree, place: str) -> tuple[str, ...]:
    """Files that say what is dynamic of the project in a folder, relative to it: its backend asks them."""
    project = read_project(tree, place)
    if "dependencies" not in texts(table(project, "project").get("dynamic")):
        return ()
    said = table(project, "tool", "setuptools", "dynamic")
    named = [SETUP, CONFIG, table(project, "project").get("readme")]
    for one in said.values():
        file = one.get("file") if isinstance(one, dict) else None
        named += [file] if isinstance(file, str) else texts(file)
    there = (one for one in named if isinstance(one, str) and tree.is_file(posixpath.join(place, one)))
    return tuple(dict.fromkeys(there))


def literal_name(tree: SourceTree, place: str) -> str | None:
    """What setup.py or setup.cfg of a folder calls its package."""
    return _literal(tree, place, "metadata", "name")


def literal_python(tree: SourceTree, place: str) -> str | None:
    """Which Python they want, as a version specifier."""
    return _literal(tree, place, "options", "python_requires")


def _literal(tree: SourceTree, place: str, section: str, key: str) -> str | None:
    text = tree.text(posixpath.normpath(posixpath.join(place, SETUP))) or ""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or "setup" not in (
                getattr(node.func, "id", None),
                getattr(node.func, "attr", None),
            ):
                continue
            for one in node.keywords:
                if one.arg == key and isinstance(one.value, ast.Constant) and one.value.value:
                    return str(one.value.value)
    config = configparser.ConfigParser(interpolation=None)
    with contextlib.suppress(configparser.Error):
        config.read_string(tree.text(posixpath.normpath(posixpath.join(place, CONFIG))) or "")
    return config.get(section, key, fallback=None)


def _setup(text: str) -> Iterator[tuple[str, str]]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    assigned = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg == _KEY:
            value = assigned.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
            for one in value.elts if isinstance(value, ast.List | ast.Tuple) else ():
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, f"{SETUP}:{one.lineno}"


def _files(tree: SourceTree, place: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for line in read_lines(tree, place, name, []):
            if not line.constraint and not line.text.startswith("-"):
                yield line.word, line.where
