"""Errors about a value of the manifest are told with the line that set it.

What is compiled knows the value's place in the merged manifest alone; the line is looked up once there is an
error to tell.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from shipyard.errors import ShipyardError
from shipyard.manifest import find_root, load
from shipyard.manifest.errors import parts_of


def place_errors(error: ShipyardError, arguments: Sequence[str]) -> None:
    """Complete `where` of each error that names a place (`services.web.port`) without its line, as far as
    the manifest of this command line can be loaded."""
    unplaced = [one for one in error.each() if one.where and parts_of(one.where)]
    if not unplaced:
        return
    try:
        root = find_root(folder(arguments))
        stage = option(arguments, "--stage", "-s")
        instance = option(arguments, "--instance")
        loaded = load(root, stage=stage, instance=instance, environ=os.environ)
    except (ShipyardError, OSError):
        return
    for one in unplaced:
        one.where = loaded.where(parts_of(one.where or ""))


def folder(arguments: Sequence[str]) -> Path:
    """The folder that a command line names with -C or --dir, else the current one."""
    return Path(option(arguments, "--dir", "-C") or ".").absolute()


def option(arguments: Sequence[str], long: str, short: str | None = None) -> str | None:
    """The value that a command line gives an option; the last, where there are several."""
    found = None
    for index, word in enumerate(arguments):
        if word == "--":
            break
        if word in (short, long):
            found = arguments[index + 1] if index + 1 < len(arguments) else found
        elif word.startswith(f"{long}="):
            found = word.removeprefix(f"{long}=")
        elif short is not None and word.startswith(short):
            found = word.removeprefix(short)
    return found
