from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipyard.manifest import ManifestError, load


def fail(root: Path) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        load(root, stage=None, instance=None, environ={})
    return caught.value


@pytest.mark.parametrize(
    ("data", "where", "title"),
    [
        (b"name = \n", "shipyard.toml:1:8", "not valid TOML: invalid value"),
        (b'name = "a"\n\nx = ', "shipyard.toml:3", "not valid TOML: invalid value"),
        (b"a = 1\na = 2\n[x]\n", "shipyard.toml:2:6", "not valid TOML: cannot overwrite a value"),
        (b'name = "\xff"\n', "shipyard.toml:1", "byte 0xff is not UTF-8"),
        (b'a = 1\nname = "\xc3\n', "shipyard.toml:2", "byte 0xc3 is not UTF-8"),
        (b'\xef\xbb\xbfname = "a"', "shipyard.toml:1", "the file begins with a byte order mark"),
        (b"x = " + b"[" * 3000, "shipyard.toml", "lists or tables are nested too deeply"),
        (b"x = " + b"9" * 5000, "shipyard.toml", "a number has thousands of digits"),
        (
            b'name = "a"\n[services.web.compose]\n' + b".".join([b"a"] * 5000) + b" = 1",
            "shipyard.toml",
            "tables",
        ),
    ],
)
def test_a_file_that_is_no_manifest(project: Path, data: bytes, where: str, title: str) -> None:
    (project / "shipyard.toml").write_bytes(data)
    error = fail(project)
    assert error.where == where
    assert error.title.startswith(title)
    assert error.hint


def test_too_large(project: Path) -> None:
    (project / "shipyard.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    assert fail(project).title == "shipyard.toml is larger than 1 MiB"


def test_a_folder_a_pipe_or_nothing_in_its_place(project: Path) -> None:
    assert fail(project).title == "there is no shipyard.toml"
    (project / "shipyard.toml").mkdir()
    assert fail(project).title == "shipyard.toml is a folder"
    (project / "shipyard.toml").rmdir()
    os.mkfifo(project / "shipyard.toml")
    assert fail(project).title == "shipyard.toml is not a file"


def test_a_symlink_to_itself(project: Path) -> None:
    (project / "shipyard.toml").symlink_to("shipyard.toml")
    assert fail(project).title.startswith("cannot read shipyard.toml")


def test_line_ends_of_windows(project: Path) -> None:
    (project / "shipyard.toml").write_bytes(b'name = "shop"\r\n[services.web]\r\nport = 80\r\n')
    assert load(project, stage=None, instance=None, environ={}).manifest.services[0].port == 80


@pytest.mark.parametrize("text", ["port = 0x" + "f" * 5000, "x = [1, { y = 0x1ffffffffffffffff }]"])
def test_a_number_that_toml_has_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "shipyard.toml").write_text(f"{text}\n")
    with pytest.raises(ManifestError, match="larger than 64 bits"):
        load(tmp_path, stage=None, instance=None, environ={})
