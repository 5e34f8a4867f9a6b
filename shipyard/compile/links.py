"""Which shared libraries a virtual environment links to. The recipe runs this file inside a build.

By the standard library of Python 3.9 alone, from the ELF files themselves: a slim image has no readelf.
`packages` names the Debian packages of the builder that the environment links to; `check SERVICE SONAME...`
fails where the image lacks a library, other than those that may be absent.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

VENV = "/opt/venv"
# What Debian's naming (policy 8.1) does not give. Later releases provide these names too.
PACKAGES = {
    "libGLX.so.0": "libglx0",
    "libaio.so.1t64": "libaio1",
    "libcurl-gnutls.so.4": "libcurl3-gnutls",
    "libgeos_c.so.1": "libgeos-c1v5",
    "libgmodule-2.0.so.0": "libglib2.0-0",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libjpeg.so.62": "libjpeg62-turbo",
    "liblber-2.5.so.0": "libldap-2.5-0",
    "liblber.so.2": "libldap2",
    "libmysqlclient.so.21": "libmariadb3",
    "libsnappy.so.1": "libsnappy1v5",
    "libxml2.so.2": "libxml2",
    "libxmlsec1.so.1": "libxmlsec1",
    "libxmlsec1-openssl.so.1": "libxmlsec1-openssl",
    "libxslt.so.1": "libxslt1.1",
    "libexslt.so.0": "libxslt1.1",
}
# What drivers of a machine bring, and parts that their package does without.
OPTIONAL = re.compile(
    r"lib(cuda|nvidia-ml|nvcuvid|mlx5|ibverbs|rdmacm|fabric|ucs|ucp|mpi|oshmem|pmix|tbb|c\.musl-\w+)\.so.*"
)


class Elf(NamedTuple):
    """`needed` and `paths` (RUNPATH or RPATH, unexpanded) of one file."""

    needed: tuple[str, ...]
    paths: tuple[str, ...]


def read_elf(path: str, machine: bytes) -> Elf | None:
    """None for what is no 64-bit ELF file, or one of another machine than the header `machine` is of."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != machine[:6] or head[4] != 2 or head[18:20] != machine[18:20]:
            return None
        order = "<" if head[5] == 1 else ">"
        (start,) = struct.unpack_from(order + "Q", head, 32)
        size, count = struct.unpack_from(order + "HH", head, 54)
        file.seek(start)
        table = file.read(size * count)
        loads: list[tuple[int, int, int]] = []
        dynamic = b""
        for at in range(0, size * count, size):
            kind, _, offset, address, _, length = struct.unpack_from(order + "IIQQQQ", table, at)
            if kind == 1:
                loads.append((address, offset, length))
            elif kind == 2:
                file.seek(offset)
                dynamic = file.read(length)
        tags: dict[int, list[int]] = {}
        for at in range(0, len(dynamic) - 15, 16):
            tag, value = struct.unpack_from(order + "qQ", dynamic, at)
            tags.setdefault(tag, []).append(value)
            if tag == 0:
                break
        if 5 not in tags or 10 not in tags:
            return Elf((), ())
        where = tags[5][0]
        base = next(
            offset + where - address for address, offset, size in loads if 0 <= where - address < size
        )
        file.seek(base)
        texts = file.read(tags[10][0])

    def named(*wanted: int) -> Iterator[str]:
        for tag in wanted:
            for at in tags.get(tag, ()):
                yield texts[at : texts.index(b"\0", at)].decode("utf-8", "surrogateescape")

    # NEEDED; RUNPATH, which puts RPATH out of force.
    paths = list(named(29)) or list(named(15))
    return Elf(tuple(named(1)), tuple(one for path in paths for one in path.split(":") if one))


def environment(venv: str) -> tuple[dict[str, Elf], set[str]]:
    """Every ELF file of the environment by its path, and the names of all of its libraries."""
    with open(os.path.realpath(sys.executable), "rb") as file:
        machine = file.read(64)
    found: dict[str, Elf] = {}
    names: set[str] = set()
    for folder, _, files in os.walk(venv):
        for name in files:
            path = os.path.join(folder, name)
            library = ".so" in name
            if library:
                names.add(name)
            if os.path.islink(path) or not (library or os.access(path, os.X_OK)):
                continue
            try:
                elf = read_elf(path, machine)
            except (struct.error, StopIteration, ValueError, OverflowError):
                # Not even the loader reads it.
                continue
            if elf is not None:
                found[path] = elf
    return found, names


def system_libraries() -> set[str]:
    done = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[0] for line in done.stdout.splitlines() if "=>" in line}


def from_outside(venv: str) -> dict[str, list[str]]:
    """Libraries that the environment does not bring itself, each with the files that link to it.

    A name that is anywhere in the environment counts as brought: packages load each other's libraries
    before they are linked to, and those that are bundled for one alone have a name of their own.
    """
    found, names = environment(venv)
    outside: dict[str, list[str]] = {}
    for path, elf in sorted(found.items()):
        origin = os.path.dirname(path)
        for name in elf.needed:
            places = [one.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for one in elf.paths]
            if os.path.basename(name) not in names and not any(
                os.path.exists(f"{one}/{name}") for one in places
            ):
                outside.setdefault(name, []).append(path)
    return outside


def debian_package(soname: str) -> str:
    """The package of a library's name: libpq.so.5 is in libpq5, libpango-1.0.so.0 in libpango-1.0-0."""
    if soname in PACKAGES:
        return PACKAGES[soname]
    icu = re.fullmatch(r"libicu\w+\.so\.(\d+)", soname)
    if icu:
        return f"libicu{icu[1]}"
    stem, _, version = soname.partition(".so")
    stem = stem.lower().replace("_", "-")
    version = version.lstrip(".")
    return f"{stem}-{version}" if version and stem[-1:].isdigit() else f"{stem}{version}"


def distribution(venv: str, path: str) -> str:
    """The distribution, with its version, that installed a file."""
    site = next(
        os.path.join(folder, "site-packages") for folder, dirs, _ in os.walk(venv) if "site-packages" in dirs
    )
    relative = os.path.relpath(path, site)
    for one in metadata.distributions(path=[site]):
        if any(str(file) == relative for file in one.files or ()):
            return f"{one.metadata['Name']} {one.version}"
    return relative


def packages(venv: str) -> str:
    """The Debian packages, as this builder has them, of all libraries that are linked to."""
    names = [f"*/{name}" for name in from_outside(venv)]
    if not names:
        return ""
    # It names those that it knows, and fails for the others.
    done = subprocess.run(["dpkg", "-S", *names], stdout=subprocess.PIPE, text=True, check=False)
    found = {
        one.partition(":")[0]
        for line in done.stdout.splitlines()
        for one in line.rpartition(": ")[0].split(", ")
    }
    return "".join(f"{one}\n" for one in sorted(found) if not one.startswith("diversion by"))


def check(venv: str, service: str, absent: list[str]) -> str:
    """What is to be said of missing libraries, "" where there are none."""
    there = system_libraries()
    missing = {
        name: files
        for name, files in from_outside(venv).items()
        if name not in there and name not in absent and not OPTIONAL.fullmatch(name)
    }
    if not missing:
        return ""
    lines = ["The image lacks libraries that its packages link to:"]
    for name, files in sorted(missing.items()):
        users = ", ".join(sorted({distribution(venv, file) for file in files}))
        lines.append(f"  {name}, for {users}: Debian's {debian_package(name)} has it")
    wanted = ", ".join(f'"{one}"' for one in sorted({debian_package(name) for name in missing}))
    optional = ", ".join(f'"{name}"' for name in sorted(missing))
    lines.append(f"add packages = [{wanted}] to [services.{service}.build] in shipyard.toml")
    lines.append(f"or, where they are never used: optional_libraries = [{optional}]")
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    if words[0] == "packages":
        sys.stdout.write(packages(VENV))
        return 0
    said = check(VENV, words[1], words[2:])
    sys.stderr.write(said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
