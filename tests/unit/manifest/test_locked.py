"""shipyard.lock: read, written, and what is told of a damaged one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.manifest import ManifestError, load, stage_names
from shipyard.manifest.locked import lock_text, read_lock

DIGEST = "sha256:" + "0f" * 32


def test_what_is_written_is_read(tmp_path: Path) -> None:
    images = {"postgres:17": DIGEST, "127.0.0.1:5000/a/b:1": DIGEST}
    assert read_lock(tmp_path) == {}
    (tmp_path / "shipyard.lock").write_text(lock_text(images))
    assert read_lock(tmp_path) == images
    assert lock_text(dict(reversed(images.items()))) == lock_text(images)
    assert lock_text(images).startswith("# Made by `shipyard lock`")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("= 1", "is not valid TOML"),
        ("format = 1\n", "has no [images]"),
        ("format = 2\n[images]\n", "does not know"),
        ('format = 1\n[images]\n"a:1" = "latest"\n', "has no digest for a:1"),
        (f'format = 1\n[images]\n"a:1" = "{DIGEST}0"\n', "has no digest for a:1"),
        ('format = 1\n[images]\n"a:1" = { digest = 1 }\n', "has no digest for a:1"),
    ],
)
def test_a_damaged_lock(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "shipyard.toml").write_text('name = "shop"\n[services.a]\nimage = "a:1"\n')
    (tmp_path / "shipyard.lock").write_text(text)
    with pytest.raises(ManifestError) as error:
        load(tmp_path, stage=None, instance=None, environ={})
    assert told in str(error.value)
    assert "shipyard.lock" in str(error.value)


def test_the_stages_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "shipyard.toml").write_text('name = "shop"\n')
    assert stage_names(tmp_path) == ("default",)
    (tmp_path / "shipyard.toml").write_text('name = "shop"\n[stages.prod]\n[stages.dev]\n')
    assert stage_names(tmp_path) == ("prod", "dev")
