"""The installer that builds take from this machine, instead of downloading it into a build stage.

uv comes with Shipyard as a Python package. Its program is for this machine, so that it stands in only where a
build runs on it, or on one of its kind: an engine on a local socket, and no other platforms.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from shipyard.cache import cache_folder
from shipyard.compile.base_stages import UV_VERSION
from shipyard.engine.connect import Connection
from shipyard.model.build import BuildPlan


def installer_folder(connection: Connection) -> Path | None:
    """A folder that holds uv and nothing else, as the recipe's stage of that name does; None where it has to
    be downloaded in the build."""
    if not connection.local or sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return None
    program = _program()
    cache = cache_folder("tools", os.environ)
    if program is None or cache is None:
        return None
    # The same folder each time: BuildKit sends what has changed in it, which is nothing.
    folder = cache / f"uv-{UV_VERSION}-{platform.machine()}"
    try:
        if not _same(program, folder / "uv"):
            _copy(program, folder)
    except OSError:
        return None
    return folder


def takes_installer(plan: BuildPlan) -> bool:
    """Whether an image is made by the recipe, on a base that runs what is for this machine."""
    return plan.own_dockerfile is None and "alpine" not in (plan.base or "")


def _program() -> Path | None:
    """uv as it was installed with Shipyard, in the recipe's version."""
    try:
        installed = metadata.distribution("uv")
    except metadata.PackageNotFoundError:
        return None
    if installed.version != UV_VERSION:
        return None
    found = (Path(str(file.locate())) for file in installed.files or () if file.name == "uv")
    return next((path.resolve() for path in found if path.is_file()), None)


def _same(program: Path, copy: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        found, wanted = copy.stat(), program.stat()
        return found.st_size == wanted.st_size and found.st_mtime_ns == wanted.st_mtime_ns
    return False


def _copy(program: Path, folder: Path) -> None:
    """Whole or not at all: others may read it meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder.parent)
    os.close(handle)
    try:
        shutil.copy2(program, name)
        Path(name).chmod(0o755)
        Path(name).replace(folder / "uv")
    finally:
        Path(name).unlink(missing_ok=True)
