"""The Dockerfile of an image without a shell, and the script in it that collects what runs there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dockerfile
import pytest
from sources import FASTAPI

from shipyard.compile import rootfs
from shipyard.compile.rootfs import NO_LIBRARY, Root

Compile = Callable[..., Any]
ROOTFS = Path(rootfs.__file__)
BASE = 'build = { base = "distroless" }'


def test_the_final_stage_starts_from_nothing(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, BASE)
    final = plan.dockerfile.partition("# The image: results only.\n")[2]
    assert [line for line in final.splitlines() if line.startswith(("FROM", "RUN", "COPY"))] == [
        "FROM scratch",
        "COPY --from=root /rootfs/ /",
        "COPY --from=user /user/ /",
        "COPY --from=std /std/ /",
        "COPY --from=deps /opt /opt",
        "COPY --from=src /app /app",
    ]
    # What the base image is locked by, and what a newer one of it is compared with.
    assert plan.base == "python:3.13-slim"


def test_the_script_arrives_as_it_is(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, BASE)
    *_, copy = [line for line in dockerfile.parse_string(plan.dockerfile) if line.heredocs]
    text = copy.heredocs[0].content
    assert text.replace("from links ", "from shipyard.compile.links ") == ROOTFS.read_text()
    assert "shipyard" not in text


def test_it_is_another_image(compiled: Compile) -> None:
    slim, other = compiled(FASTAPI)[1], compiled(FASTAPI, BASE)[1]
    assert slim.tag != other.tag
    assert "distroless" not in slim.facts


def test_an_image_named_like_one_is_a_base_as_any_other(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, 'build = { base = "example.com/distroless/python3" }')
    assert "\nFROM example.com/distroless/python3 AS bare\n" in plan.dockerfile


def test_packages_are_installed_where_the_root_is_made(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, 'build = { base = "distroless", packages = ["libmagic1"] }')
    assert plan.dockerfile.count("apt-get install") == 1
    assert "python -E -s -B /scripts/rootfs.py /rootfs /opt/venv /base libmagic1 &&" in plan.dockerfile
    assert "--mount=type=bind,from=base,target=/base" in plan.dockerfile


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
