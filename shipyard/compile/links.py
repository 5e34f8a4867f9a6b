"""Which shared libraries the dependencies link to, by the ELF files themselves: an image has no readelf.

`packages` prints the Debian packages of the builder that have them; `check SERVICE SONAME...` fails where
this image lacks one, other than those that it may lack. Runs in a build, on Python 3.9 or newer alone;
rootfs.py reads with it too.
"""

from __future__ import annotations

import functools
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterable

VENVS = ("/opt/venv", "/local/opt/venv")
"""Where packages are installed, those of the source tree apart from the others."""
# Names that do not follow from the library's (Debian policy 8.1). Newer releases provide these too.
PACKAGES = (
    (r"libGLX\.so\.0", "libglx0"),
    (r"lib(crypto|ssl)\.so\.3", "libssl3"),
    (r"libcurl-gnutls\.so\.4", "libcurl3-gnutls"),
    (r"libe?xslt\.so\.\d", "libxslt1.1"),
    (r"libgeos_c\.so\.1", "libgeos-c1v5"),
    (r"libg(lib|io|module|object|thread)-2\.0\.so\.0", "libglib2.0-0"),
    (r"libg[dt]k-3\.so\.0", "libgtk-3-0"),
    (r"libharfbuzz\.so\.0", "libharfbuzz0b"),
    (r"libicu\w+\.so\.(\d+)", r"libicu\1"),
    (r"libjpeg\.so\.62", "libjpeg62-turbo"),
    (r"liblber-2\.5\.so\.0", "libldap-2.5-0"),
    (r"liblber\.so\.2", "libldap2"),
    (r"libmysqlclient\.so\.21", "libmariadb3"),
    (r"lib(nssutil|smime|ssl)3\.so", "libnss3"),
    (r"libpl(c|ds)4\.so", "libnspr4"),
    (r"libsnappy\.so\.1", "libsnappy1v5"),
    (r"lib(tcl|tk)8\.6\.so.*", r"lib\g<1>8.6"),
    (r"(libxml2|libxmlsec1|libxmlsec1-openssl)\.so\.\d", r"\1"),
)
# What counts only where something else links to it: the plugins of Qt, and what a wheel bundles.
OPENED = re.compile(r"\.libs/|/qt\d?/plugins/", re.IGNORECASE)
# A machine's drivers, another C library, and what packages do without.
OPTIONAL = re.compile(
    r"lib(cuda|nvidia-ml|nvcuvid|mlx5|ibverbs|rdmacm|fabric|ucs|ucp|mpi|oshmem|pmix|tbb|c\.musl-\w+)\.so.*"
    r"|libgomp\.so\.1\.0\.0"
)


def read_elf(path: str, machine: bytes) -> tuple[list[str], list[str]]:
    """(NEEDED, RUNPATH or RPATH) of a 64-bit file for the machine that the header of another is for."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != machine[:6] or head[4] != 2 or head[18:20] != machine[18:20]:
            return [], []
        order = "<" if head[5] == 1 else ">"
        file.seek(struct.unpack_from(order + "Q", head, 32)[0])
        size, count = struct.unpack_from(order + "HH", head, 54)
        table = file.read(size * count)
        segments = [struct.unpack_from(order + "IIQQQQ", table, size * number) for number in range(count)]
        tags: dict[int, list[int]] = {}
        for kind, _, offset, _, _, length in segments:
            if kind == 2:
                file.seek(offset)
                for tag, value in struct.iter_unpack(order + "qQ", file.read(length // 16 * 16)):
                    tags.setdefault(tag, []).append(value)
        if 5 not in tags:
            return [], []
        texts, length = tags[5][0], tags[10][0]
        file.seek(
            next(
                at + texts - one
                for kind, _, at, one, _, size in segments
                if kind == 1 and 0 <= texts - one < size
            )
        )
        strings = file.read(length)

    def named(tag: int) -> list[str]:
        ends = ((at, strings.index(b"\0", at)) for at in tags.get(tag, ()))
        return [os.fsdecode(strings[at:end]) for at, end in ends]

    return named(1), [one for path in named(29) or named(15) for one in path.split(":") if one]


@functools.cache
def machine() -> bytes:
    """The header of a program that runs here."""
    with open(os.path.realpath(sys.executable), "rb") as file:
        return file.read(64)


def linked(path: str) -> tuple[list[str], list[str]]:
    """(libraries that a file links to, folders where they are looked for first); nothing for what is no
    program or library of this machine."""
    try:
        needed, places = read_elf(path, machine())
    except (struct.error, StopIteration, LookupError, ValueError, OverflowError, MemoryError):
        # Not even the loader reads it.
        return [], []
    origin = os.path.dirname(os.path.realpath(path))
    return needed, [one.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for one in places]


def files_below(venvs: Iterable[str]) -> list[str]:
    return [f"{top}/{name}" for venv in venvs for top, _, names in os.walk(venv) for name in names]


def from_outside(venvs: Iterable[str]) -> dict[str, list[str]]:
    """Libraries that the environments do not bring themselves, each with the files that link to it.

    A name that is anywhere in them counts as brought: packages load each other's libraries, and one that is
    bundled for a single package has a name of its own.
    """
    files: dict[str, tuple[list[str], list[str]]] = {}
    named: dict[str, list[str]] = {}
    for path in files_below(venvs):
        name = os.path.basename(path)
        if ".so" in name:
            named.setdefault(name, []).append(os.path.realpath(path))
        elif not os.access(path, os.X_OK):
            continue
        files[path] = ([], []) if os.path.islink(path) else linked(path)
    outside: dict[str, list[str]] = {}
    pending = [path for path in files if not OPENED.search(path)]
    seen = set(pending)
    while pending:
        path = pending.pop()
        needed, places = files.get(path, ([], []))
        for library in needed:
            there = [f"{place}/{library}" for place in places]
            inside = [os.path.realpath(one) for one in there if os.path.exists(one)] or named.get(library)
            if not inside:
                outside.setdefault(library, []).append(path)
                continue
            pending += [one for one in inside if one not in seen]
            seen.update(inside)
    return {library: sorted(outside[library]) for library in sorted(outside)}


def debian_package(soname: str) -> str:
    """libpq.so.5 is in libpq5, libpango-1.0.so.0 in libpango-1.0-0."""
    for pattern, package in PACKAGES:
        found = re.fullmatch(pattern, soname)
        if found:
            return found.expand(package)
    stem, _, version = soname.lower().replace("_", "-").partition(".so")
    return stem + ("-" if version and stem[-1:].isdigit() else "") + version.lstrip(".")


def owners(venvs: Iterable[str]) -> dict[str, str]:
    """What installed each file of the environments, and its version."""
    found = {}
    for path in files_below(venvs):
        if path.endswith(".dist-info/RECORD"):
            site, _, name = path[: -len(".dist-info/RECORD")].rpartition("/")
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    found[os.path.normpath(f"{site}/{line.rsplit(',', 2)[0]}")] = name.replace("-", " ")
    return found


def packages(venvs: Iterable[str]) -> str:
    """The Debian packages, one a line, that have the libraries here."""
    names = [f"*/{library}" for library in from_outside(venvs)]
    # It fails where it does not know one of them, and says the others.
    command = ["dpkg", "-S", *names]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout if names else ""
    return "".join(
        f"{one}\n" for one in sorted(set(re.findall(r"^([^\s:]+)(?::\w+)?: /", said, re.MULTILINE)))
    )


def check(venvs: Iterable[str], service: str, absent: list[str]) -> str:
    """What is to be said of libraries that are missing here, "" where none is."""
    cache = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True).stdout
    there = {line.split()[0] for line in cache.splitlines() if "=>" in line}.union(absent)
    missing = {
        library: files
        for library, files in from_outside(venvs).items()
        if library not in there and not OPTIONAL.fullmatch(library)
    }
    if not missing:
        return ""
    known = owners(venvs)
    lines = ["The image lacks libraries that installed packages link to:"]
    for library, files in missing.items():
        users = ", ".join(sorted({known.get(file, file) for file in files}))
        lines.append(f"  {library} for {users}: Debian's {debian_package(library)} has it")
    wanted = ", ".join(sorted({f'"{debian_package(library)}"' for library in missing}))
    unused = ", ".join(f'"{library}"' for library in missing)
    lines.append(f"Add packages = [{wanted}] to [services.{service}.build] in shipyard.toml;")
    lines.append(f"where they are never used, optional_libraries = [{unused}] instead.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1] == "packages":
        sys.stdout.write(packages(VENVS))
    else:
        sys.exit(check(VENVS, sys.argv[2], sys.argv[3:]) or 0)
