FROM python:3.13-slim AS base
ENV SOURCE_DATE_EPOCH=315532800 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    PYTHONHASHSEED=0 \
    CFLAGS=-g0 \
    CXXFLAGS=-g0 \
    UV_NO_PROGRESS=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_CONCURRENT_DOWNLOADS=16

# The installer, in a build stage of its own; Shipyard brings it along.
FROM base AS tool
RUN python -m pip install -q --no-cache-dir --no-compile --root-user-action=ignore --target /tool uv==0.13.9 && \
    mv /tool/bin/uv /uv

# Byte code of the standard library.
FROM base AS std
RUN lib="$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" && \
    python -m compileall -q -j 0 -x '/(site-packages|test|tests|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|lib2to3)/' --invalidation-mode unchecked-hash "$lib" && \
    mkdir /std && \
    find "$lib" -path "*/site-packages" -prune -o -name "*.pyc" -exec cp --parents -t /std {} + && \
    find /std -exec touch -hcd @$SOURCE_DATE_EPOCH {} +

# The base without pip: nobody installs into an image. A plain removal would be dated.
FROM python:3.13-slim AS bare
RUN stdlib="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' stdlib)" && \
    purelib="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' purelib)" && \
    scripts="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' scripts)" && \
    for path in "$stdlib/ensurepip" "$purelib/pip" "$purelib"/pip-*.dist-info "$scripts/pip" "$scripts"/pip[0-9]*; do if [ -e "$path" ]; then rm -rf "$path"; ln -s /nonexistent "$path"; touch -hcd @315532800 "$path"; fi; done && \
    touch -hcd @315532800 "$stdlib" "$purelib" "$scripts"

# What looks at the libraries that are linked to, makes byte code, and dates files.
FROM scratch AS scripts
COPY <<"LINES" /links.py
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
LINES

COPY <<"LINES" /bytecode.py
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
LINES

COPY <<"LINES" /dated.py
"""Dates for the files of folders, each by its content, from 1980 on.

Run in a build stage by the base's own Python (3.9 and later): `python -s dated.py FOLDER...`. What serves
static files tells browsers by date and size whether a file is still the one that they have: were all of one
date, they would be told so of an edit that leaves the size as it was. Nobody serves modules and folders,
which keep theirs.
"""

from __future__ import annotations

import hashlib
import os
import sys

FIRST = 315532800
"""1980, in seconds: archives know none before."""
SPAN = 1 << 28
"""Seconds, of more than eight years."""


def date(path: str) -> int:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return FIRST + int.from_bytes(found.digest()[:8], "big") % SPAN


def main(folders: list[str]) -> int:
    for folder in folders:
        for top, _, names in os.walk(folder):
            for name in names:
                path = f"{top}/{name}"
                if not name.endswith((".py", ".pyc")) and not os.path.islink(path) and os.path.isfile(path):
                    moment = date(path)
                    os.utime(path, (moment, moment))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
LINES

# Dependencies, in a virtual environment outside the source.
FROM base AS deps
RUN --mount=type=bind,from=tool,source=/uv,target=/usr/local/bin/uv \
    --mount=type=bind,source=requirements.txt,target=/p/requirements.txt \
    --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,from=scripts,source=/bytecode.py,target=/bytecode.py \
    --mount=type=cache,target=/root/.cache/bytecode \
    uv venv -q --python /usr/local/bin/python3 --prompt venv /opt/venv && \
    uv pip install -q --python /opt/venv -r /p/requirements.txt && \
    find /opt/venv/bin '(' -name 'activate*' -o -name '*.bat' ')' -delete && \
    python -s /bytecode.py /opt/venv/lib && \
    find /opt -exec touch -hcd @$SOURCE_DATE_EPOCH {} +

# Every library that the dependencies link to is there; a passwd line for the user.
FROM bare AS user
RUN --mount=type=bind,from=deps,source=/opt/venv,target=/opt/venv \
    --mount=type=bind,from=scripts,source=/links.py,target=/links.py \
    python -I /links.py check web && \
    mkdir -p /user/etc /user/app && \
    sed '$a app:x:10001:10001::/nonexistent:/usr/sbin/nologin' /etc/passwd > /user/etc/passwd && \
    sed '$a app:x:10001:' /etc/group > /user/etc/group && \
    find /user -exec touch -hcd @315532800 {} +

# The source, without what only people and tools read.
FROM std AS src
RUN --mount=type=bind,target=/context \
    --mount=type=bind,from=scripts,source=/bytecode.py,target=/bytecode.py \
    --mount=type=cache,target=/root/.cache/bytecode \
    --mount=type=bind,from=scripts,source=/dated.py,target=/dated.py \
    mkdir /app /points && \
    cp -R /context/. /app && \
    rm -rf /app/pyproject.toml /app/uv.lock /app/requirements*.txt /app/requirements*.in /app/shipyard.toml /app/shipyard.lock /app/README* /app/CHANGELOG* /app/Dockerfile* /app/.dockerignore /app/.gitignore /app/.gitattributes /app/.github /app/.gitlab-ci.yml /app/.pre-commit-config.yaml /app/.python-version /app/.tool-versions /app/mise.toml /app/.mise.toml /app/.editorconfig /app/Makefile /app/justfile /app/noxfile.py /app/tox.ini /app/pytest.ini /app/mypy.ini /app/.coveragerc /app/.flake8 && find /app -name .npmrc -type f -delete && \
    python -s /bytecode.py /app && \
    chmod -R u=rwX,go=rX /app /points && \
    find /app -mindepth 1 -type d -empty -delete && \
    find /app /points -exec touch -hcd @$SOURCE_DATE_EPOCH {} + && \
    python -s /dated.py /app /points

# The image: results only.
FROM bare
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=user /user/ /
COPY --from=std /std/ /
COPY --from=deps /opt /opt
WORKDIR /app
COPY --from=src /app /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGINT
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "8"]
