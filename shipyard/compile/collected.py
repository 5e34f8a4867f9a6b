"""Static files that are collected, out of a cache where nothing that they are made of has changed.

Run in a build stage by the project's own Python (3.9 and later) in the folder of its sources, with the words
that would follow `python`: `collected.py manage.py collectstatic --noinput`. All that is newer than the file
/begun when it ends is moved to /static, as it stands in the image.

What it is made of: the command, its environment, the installed packages, every file of the source that is no
module, and those modules that were read. A command that starts other programs is run each time: what they
read is not known.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator

ROOT = "/"
SOURCE = "/app"
TARGET = "/static"
BEGUN = "/begun"
CACHE = "/root/.cache/collected"
KEPT = 20
"""So many results stay in the cache."""
ELSEWHERE = (TARGET, CACHE, "/tmp", "/root", "/run", "/var/cache", "/var/log", "/var/tmp")
"""Where what is written is not for the image."""
_PROGRAMS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
)
"""Audit events (PEP 578)."""


def digest(path: str) -> str:
    """Of a file's content; of nothing where it is none, or is gone."""
    found = hashlib.sha256()
    with contextlib.suppress(OSError), open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def sources() -> Iterator[tuple[str, str]]:
    """Each path of the source, with what is there: of modules only that they are."""
    for top, folders, names in os.walk(SOURCE):
        folders.sort()
        for name in sorted((*names, *(one for one in folders if os.path.islink(f"{top}/{one}")))):
            path = f"{top}/{name}"
            if os.path.islink(path):
                yield path, os.readlink(path)
            else:
                # To open a pipe would be to wait for who writes into it.
                yield path, digest(path) if os.path.isfile(path) and not name.endswith(".py") else ""


def surroundings(words: list[str]) -> str:
    """A digest of all but the modules of the source."""
    installed = sorted(found for place in sys.path for found in glob.glob(f"{place}/*.dist-info/RECORD"))
    known = (
        *(words, sys.version, sorted(os.environ.items()), list(sources())),
        [(path, digest(path)) for path in (__file__, "/var/lib/dpkg/status", *installed)],
    )
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def taken(place: str) -> bool:
    """Whether the cache had the result, which is then in its place."""
    for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
        entry = f"{place}/{name}"
        with contextlib.suppress(OSError, ValueError):
            with open(f"{entry}/modules", encoding="utf-8") as file:
                modules = json.load(file)
            if all(digest(path) == content for path, content in modules.items()):
                shutil.copytree(f"{entry}/static", TARGET, symlinks=True)
                os.utime(entry)
                return True
        # Another build may have removed it meanwhile.
        shutil.rmtree(TARGET, ignore_errors=True)
    return False


class Watch:
    """What a command reads of the source, and whether it is alone at it."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.alone = True

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event in _PROGRAMS:
            self.alone = False
        elif event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
            path = os.path.abspath(os.fsdecode(args[0]))
            if path.endswith(".py") and path.startswith(f"{SOURCE}/"):
                self.read.add(path)


def run(words: list[str]) -> None:
    """As `python WORDS` would. Raises what the command raises, and SystemExit where it fails."""
    try:
        if words[0] == "-m":
            sys.argv, sys.path[0] = words[1:], os.getcwd()
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = words, os.path.dirname(os.path.abspath(words[0]))
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as error:
        if error.code not in (None, 0):
            raise


def move() -> None:
    """What was written since BEGUN, wherever that was. Without that file nothing is."""
    words = ["find", ROOT, "-xdev", "("]
    for number, path in enumerate(ELSEWHERE):
        words += [*(["-o"] if number else []), "-path", path]
    words += [")", "-prune", "-o", "-type", "f", "-cnewer", BEGUN, "-exec", "cp", "--parents", "-t", TARGET]
    subprocess.run([*words, "{}", "+", "-exec", "rm", "{}", "+"], check=True)


def keep(place: str, read: set[str]) -> None:
    """Put the result into the cache, whole or not at all, and remove what was not used for longest."""
    modules = json.dumps({path: digest(path) for path in sorted(read)})
    entry = f"{place}/{hashlib.sha256(modules.encode()).hexdigest()}"
    beside = f"{entry}.{os.getpid()}"
    shutil.copytree(TARGET, f"{beside}/static", symlinks=True)
    with open(f"{beside}/modules", "w", encoding="utf-8") as file:
        file.write(modules)
    try:
        os.rename(beside, entry)
    except OSError:
        shutil.rmtree(beside)
    entries = sorted(glob.glob(f"{CACHE}/*/*"), key=lambda one: os.stat(one).st_mtime)
    for old in entries[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def main(words: list[str]) -> int:
    place = f"{CACHE}/{surroundings(words)}"
    if taken(place):
        return 0
    os.makedirs(TARGET, exist_ok=True)
    watch = Watch()
    sys.addaudithook(watch)
    run(words)
    alone = watch.alone
    move()
    if alone:
        with contextlib.suppress(OSError):
            keep(place, watch.read)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
