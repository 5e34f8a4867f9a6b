"""The package indexes that a project declares for uv (its documentation, "Package indexes"): uv.toml, or
[tool.uv] of pyproject.toml where there is none."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from shipyard.managers.project import PROJECT, read_project, read_toml, table, texts
from shipyard.managers.requirements import RequirementsError
from shipyard.source import SourceTree

FILE = "uv.toml"


def declared_indexes(tree: SourceTree, folder: str) -> tuple[str, ...]:
    """Options of `uv pip` that name them. Raises ProjectError, and RequirementsError for a URL with a login,
    which a Dockerfile would keep."""
    file = posixpath.normpath(posixpath.join(folder, FILE))
    where = FILE if tree.is_file(file) else PROJECT
    settings = (
        read_toml(tree, file, FILE) if where == FILE else table(read_project(tree, folder), "tool", "uv")
    )
    options = tuple(_options(settings))
    if any(map(_has_login, options)):
        raise RequirementsError(
            "the URL of an index has a login in it, which would stay in the image's history",
            where=where,
            hint='take it out, and hand it to the build: build = { secrets = ["NETRC"] }',
        )
    return options


def _options(settings: Mapping[str, Any]) -> Iterable[str]:
    indexes = settings.get("index")
    for one in indexes if isinstance(indexes, list) else ():
        # An explicit one is for those that name it, which only a lock does.
        if isinstance(one, dict) and isinstance(one.get("url"), str) and not one.get("explicit"):
            yield from ("--default-index" if one.get("default") else "--index", one["url"])
    if isinstance(settings.get("index-url"), str):
        yield from ("--default-index", settings["index-url"])
    for url in texts(settings.get("extra-index-url")):
        yield from ("--index", url)


def of_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The options of a requirements file that name indexes, for another call; not those with a login."""
    found: list[str] = []
    for line in lines:
        option, _, url = line.replace("=", " ", 1).partition(" ")
        if _has_login(url):
            continue
        if option in ("-i", "--index-url", "--pypi-url"):
            found += ["--default-index", url.strip()]
        elif option == "--extra-index-url":
            found += ["--index", url.strip()]
    return tuple(found)


def _has_login(url: str) -> bool:
    return "@" in url.partition("://")[2].partition("/")[0]
