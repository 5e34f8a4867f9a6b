"""The Dockerfile of an image without a shell, and the script in it that collects what runs there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dockerfile
import pytest
from sources import FASTAPI

from shipyard.compile.distroless import SCRIPT
from shipyard.compile.rootfs import NO_LIBRARY, Root, compiled_here, read_elf, usual_package

Compile = Callable[..., Any]
BASE = 'build = { base = "distroless" }'


def test_the_final_stage_starts_from_nothing(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, BASE)
    final = plan.dockerfile.partition("# The image: results only.\n")[2]
    assert [line for line in final.splitlines() if line.startswith(("FROM", "RUN", "COPY"))] == [
        "FROM scratch",
        "COPY --link --from=root /rootfs/ /",
        "COPY --link --from=user /user/ /",
        "COPY --link --from=std /std/ /",
        "COPY --link --from=deps /opt /opt",
        "COPY --link --from=src /app /app",
    ]
    # What the base image is locked by, and what a newer one of it is compared with.
    assert plan.base == "python:3.13-slim"


def test_the_script_arrives_as_it_is(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, BASE)
    _, copy = [line for line in dockerfile.parse_string(plan.dockerfile) if line.heredocs]
    assert copy.heredocs[0].content == SCRIPT.read_text()


def test_it_is_another_image(compiled: Compile) -> None:
    slim, other = compiled(FASTAPI)[1], compiled(FASTAPI, BASE)[1]
    assert slim.tag != other.tag
    assert "distroless" not in slim.facts


def test_an_image_named_like_one_is_a_base_as_any_other(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, 'build = { base = "example.com/distroless/python3" }')
    assert "\nFROM example.com/distroless/python3\n" in plan.dockerfile


def test_packages_are_installed_where_the_root_is_made(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, 'build = { base = "distroless", packages = ["libmagic1"] }')
    assert plan.dockerfile.count("apt-get install") == 1
    assert "python -I /rootfs.py /rootfs /opt/venv /base libmagic1 &&" in plan.dockerfile
    assert "--mount=type=bind,from=base,target=/base" in plan.dockerfile


def test_what_this_python_links_to_is_read() -> None:
    elf = read_elf(Path(sys.executable).resolve())
    assert elf is not None
    assert re.search(r"/ld-linux[^/]*\.so\.\d$", elf.interpreter or "")
    assert "libc.so.6" in elf.needed
    assert read_elf(Path(__file__)) is None


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "target", [tmp_path / "venv"])


def test_a_link_brings_what_it_leads_to(root: Root, tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "sub").mkdir(parents=True)
    (real / "sub" / "file").write_text("x")
    (real / "one").symlink_to(real / "two")
    (real / "two").symlink_to("sub")
    (real / "gone").symlink_to("nowhere")
    (tmp_path / "way").symlink_to("real")
    root.take(tmp_path / "way" / "one")
    root.take(tmp_path / "way" / "gone")
    copy = root.copy_of(real)
    assert (copy / "sub" / "file").read_text() == "x"
    assert [str((copy / name).readlink()) for name in ("one", "two", "gone")] == [
        *(f"{real}/two", "sub", "nowhere")
    ]


def test_some_of_the_standard_library_stays_behind(root: Root, tmp_path: Path) -> None:
    names = ("json/a.py", "site-packages/pip/a.py", "json/tests/a.py", "test/a.py", "ensurepip/pip.whl")
    for name in names:
        (tmp_path / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib" / name).write_text("")
    root.take(tmp_path / "lib", NO_LIBRARY)
    copy = root.copy_of(tmp_path / "lib")
    assert [str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()] == ["json/a.py"]


def test_libraries_come_with_what_links_to_them(root: Root) -> None:
    root.take(Path(sys.executable).resolve())
    assert "libc.so.6" in {path.name for path in root.taken}
    assert root.missing == {}


def test_only_what_was_compiled_here_needs_all_that_it_links_to(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.13" / "site-packages"
    for name, tag in (("mine", "linux_x86_64"), ("theirs", "manylinux_2_28_x86_64")):
        info = site / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: cp313-cp313-{tag}\n")
        (info / "RECORD").write_text(f"{name}/ext.so,sha256=x,1\n../../../bin/{name},,\n")
    assert compiled_here(tmp_path) == {site / "mine" / "ext.so", tmp_path / "bin" / "mine"}


@pytest.mark.parametrize(
    ("library", "package"),
    [("libpq.so.5", "libpq5"), ("libxml2.so.2", "libxml2-2"), ("libGL.so.1.7", "libgl1")],
)
def test_a_package_by_its_usual_name(library: str, package: str) -> None:
    assert usual_package(library) == package
