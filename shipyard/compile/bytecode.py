"""Byte code for the modules of a folder, out of a cache by content where there is some.

Run in a build stage by the base's own Python and nothing but its standard library (3.9 and later):
`python -s bytecode.py FOLDER [ROOT]`. ROOT is where the folder stands for now, when that is not its place in
the image. A file that is no Python of this version (a template, say) is left without byte code.

Source: PEP 552; unchecked, since nobody edits an image.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import py_compile
import sys
import warnings

CACHE = "/root/.cache/bytecode"
FEW = 32
"""So many files are done before another process is there to help."""
_MAGIC = importlib.util.MAGIC_NUMBER
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def modules(folder: str) -> list[str]:
    """The folder's modules, in order."""
    found = []
    for top, folders, names in os.walk(folder):
        folders.sort()
        found += [f"{top}/{name}" for name in sorted(names) if name.endswith(".py")]
    return found


def compiled(path: str, shown: str) -> bytes | None:
    """The byte code of a module that tracebacks show as `shown`; None where it cannot be compiled."""
    with open(path, "rb") as file:
        source = file.read()
    key = hashlib.sha256(b"%s%s\0%s" % (_MAGIC, os.fsencode(shown), source)).hexdigest()
    kept = f"{CACHE}/{key[:2]}/{key}"
    try:
        with open(kept, "rb") as file:
            return file.read()
    except FileNotFoundError:
        pass
    try:
        # It writes whole files or none: other builds use the same cache.
        py_compile.compile(path, kept, shown, doraise=True, invalidation_mode=_UNCHECKED)
    except py_compile.PyCompileError:
        return None
    with open(kept, "rb") as file:
        return file.read()


def compile_all(paths: list[str], root: str) -> None:
    """Put the byte code beside each module."""
    for path in paths:
        code = compiled(path, path[len(root) :])
        if code is not None:
            target = importlib.util.cache_from_source(path, optimization="")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(code)


def main(folder: str, root: str = "") -> int:
    warnings.simplefilter("ignore")
    paths = modules(root + folder)
    workers = min(os.cpu_count() or 1, 1 + len(paths) // FEW)
    children = []
    for number in range(1, workers):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                compile_all(paths[number::workers], root)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    compile_all(paths[::workers], root)
    return max((os.waitpid(child, 0)[1] for child in children), default=0) and 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
