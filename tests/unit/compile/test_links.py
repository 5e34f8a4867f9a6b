"""The script that reads what binaries link to: ELF files that are written here, and this machine's own."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from shipyard.compile import links

THIS = Path(sys.executable).resolve().read_bytes()[:64]
MAGIC, MACHINE = THIS[:6], THIS[18:20]
ORDER = "<" if MAGIC[5] == 1 else ">"


def elf(needed: tuple[str, ...] = (), rpath: str = "", runpath: str = "", machine: bytes = MACHINE) -> bytes:
    """The smallest shared library that links to something: two headers, a dynamic section and its texts."""
    texts, entries = b"\0", []
    for tag, name in (*((1, one) for one in needed), (15, rpath), (29, runpath)):
        if name:
            entries.append((tag, len(texts)))
            texts += name.encode() + b"\0"
    start, base = 64 + 2 * 56, 0x1000
    size = 16 * (len(entries) + 3)
    entries += [(5, base + start + size), (10, len(texts)), (0, 0)]
    dynamic = b"".join(struct.pack(ORDER + "qQ", *one) for one in entries)
    head = MAGIC.ljust(16, b"\0") + struct.pack(ORDER + "H", 3) + machine
    head += struct.pack(ORDER + "IQQQIHHHHHH", 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    whole = start + size + len(texts)
    segments = [(1, 5, 0, base, base, whole, whole, 0), (2, 6, start, base + start, 0, size, size, 0)]
    return head + b"".join(struct.pack(ORDER + "IIQQQQQQ", *one) for one in segments) + dynamic + texts


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    site = tmp_path / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    return tmp_path


def put(venv: Path, path: str, data: bytes) -> Path:
    file = venv / "lib/python3.13/site-packages" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def outside(venv: Path) -> dict[str, list[str]]:
    found = links.from_outside([str(venv)])
    return {name: [path.partition("site-packages/")[2] for path in paths] for name, paths in found.items()}


def test_what_real_binaries_need_is_what_the_loader_says() -> None:
    import msgspec

    binaries = [Path(sys.executable).resolve(), *Path(msgspec.__file__).parent.glob("*.so")]
    assert len(binaries) > 1
    for binary in binaries:
        said = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
        loaded = dict(re.findall(r"^\s(\S+) => (\S+)", said, re.MULTILINE))
        seen: set[str] = set()
        pending = [str(binary)]
        while pending:
            new = set(links.read_elf(pending.pop(), THIS)[0]) & loaded.keys() - seen
            seen |= new
            pending += [loaded[name] for name in new]
        assert seen == loaded.keys(), binary
        assert "libc.so.6" in seen


def test_needed_libraries_and_the_search_path_in_force(tmp_path: Path) -> None:
    file = tmp_path / "x.so"
    file.write_bytes(elf(("liba.so.1", "libb.so"), rpath="/old", runpath="$ORIGIN/../x:/opt/y"))
    assert links.read_elf(str(file), THIS) == (["liba.so.1", "libb.so"], ["$ORIGIN/../x", "/opt/y"])
    file.write_bytes(elf((), rpath="/old"))
    assert links.read_elf(str(file), THIS) == ([], ["/old"])


def test_what_is_no_binary_of_this_machine_needs_nothing(venv: Path) -> None:
    put(venv, "a/other.so", elf(("liba.so.1",), machine=b"\xff\xfe"))
    put(venv, "a/text.so", b"INPUT(liba.so)\n")
    put(venv, "a/empty.so", b"")
    whole = elf(("liba.so.1",))
    for length in range(0, len(whole), 7):
        put(venv, f"a/cut{length}.so", whole[:length])
    put(venv, "a/wild.so", whole[:32] + b"\xff" * 8 + whole[40:])
    put(venv, "a/vast.so", whole[: 64 + 56 + 32] + b"\xff" * 7 + b"\x0f" + whole[64 + 56 + 40 :])
    put(venv, "a/data.bin", elf(("liba.so.1",)))
    assert outside(venv) == {}


def test_programs_count_and_links_do_not(venv: Path) -> None:
    program = put(venv, "driver/node", elf(("libatomic.so.1",)))
    assert outside(venv) == {}
    program.chmod(0o755)
    (program.parent / "again.so").symlink_to(program)
    assert outside(venv) == {"libatomic.so.1": ["driver/node"]}


def test_a_library_of_the_environment_is_there(venv: Path) -> None:
    put(venv, "a/mod.so", elf(("liba-12ab.so.1", "libtorch.so", "libout.so.1"), runpath="$ORIGIN/../a.libs"))
    put(venv, "a.libs/liba-12ab.so.1", elf(("libdeep.so.2",)))
    put(venv, "torch/lib/libtorch.so", elf())
    assert outside(venv) == {"libout.so.1": ["a/mod.so"], "libdeep.so.2": ["a.libs/liba-12ab.so.1"]}


def test_what_is_bundled_and_never_linked_to_may_lack_libraries(venv: Path) -> None:
    put(venv, "cv2/cv2.abi3.so", elf(("libQtCore-1a.so.5",), rpath="${ORIGIN}/../cv.libs"))
    put(venv, "cv2/qt/plugins/platforms/libqxcb.so", elf(("libSM.so.6", "libQtXcb-1a.so.5")))
    put(venv, "cv.libs/libQtXcb-1a.so.5", elf(("libICE.so.6",)))
    put(venv, "cv.libs/libQtCore-1a.so.5", elf(("libglib-2.0.so.0",)))
    assert outside(venv) == {"libglib-2.0.so.0": ["cv.libs/libQtCore-1a.so.5"]}


def test_what_is_missing_names_the_package_that_needs_it_and_the_line_to_add(venv: Path) -> None:
    put(venv, "psycopg2/_psycopg.so", elf(("libpqx.so.5", "libc.so.6", "libcuda.so.1")))
    zbar = put(venv, "zbar.so", elf(("libgobject-2.0.so.0x", "libpqx.so.5")))
    put(venv, "psycopg2-2.9.10.dist-info/RECORD", b"psycopg2/_psycopg.so,sha256=x,1\nother.py,,\n")
    lines = links.check([str(venv)], "web", ["libgobject-2.0.so.0x"]).splitlines()
    assert lines == [
        "The image lacks libraries that installed packages link to:",
        f"  libpqx.so.5 for {zbar}, psycopg2 2.9.10: Debian's libpqx5 has it",
        'Add packages = ["libpqx5"] to [services.web.build] in shipyard.toml;',
        'where they are never used, optional_libraries = ["libpqx.so.5"] instead.',
    ]
    assert links.check([str(venv)], "web", ["libgobject-2.0.so.0x", "libpqx.so.5"]) == ""


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libpq.so.5", "libpq5"),
        ("libpango-1.0.so.0", "libpango-1.0-0"),
        ("libX11.so.6", "libx11-6"),
        ("libgdal.so.32", "libgdal32"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libnss3.so", "libnss3"),
        ("libGL.so.1", "libgl1"),
        ("libgio-2.0.so.0", "libglib2.0-0"),
        ("libicui18n.so.72", "libicu72"),
        ("libxml2.so.2", "libxml2"),
        ("libexslt.so.0", "libxslt1.1"),
        ("libldap-2.5.so.0", "libldap-2.5-0"),
        ("libmagic.so.1", "libmagic1"),
        ("libaio.so.1t64", "libaio1t64"),
        ("libtk8.6.so", "libtk8.6"),
        ("libnssutil3.so", "libnss3"),
    ],
)
def test_the_debian_package_of_a_library(soname: str, package: str) -> None:
    assert links.debian_package(soname) == package


def test_the_builder_names_the_packages_of_what_is_linked_to(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert links.packages([str(venv)]) == ""
    put(venv, "x.so", elf(("libpq.so.5", "libc.so.6", "libown.so")))
    dpkg = venv / "dpkg"
    dpkg.write_text(
        "#!/bin/sh\n"
        '[ "$*" = "-S */libc.so.6 */libown.so */libpq.so.5" ] || exit 3\n'
        "echo 'diversion by libc6 from: /lib64/libc.so.6'\n"
        "echo 'libpq5:amd64: /usr/lib/x86_64-linux-gnu/libpq.so.5'\n"
        "echo 'libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6'\n"
        "echo 'dpkg-query: no path found matching pattern */libown.so' >&2\nexit 1\n"
    )
    dpkg.chmod(0o755)
    monkeypatch.setenv("PATH", f"{venv}:{os.environ['PATH']}")
    assert links.packages([str(venv)]) == "libc6\nlibpq5\n"
