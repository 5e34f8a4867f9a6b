"""MEDIA_ROOT as people write it."""

from __future__ import annotations

import ast

import pytest

from shipyard.frameworks.media import media_folder


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ('BASE_DIR / "media"', "media"),
        ('BASE_DIR / "var" / "media/"', "var/media"),
        ('os.path.join(BASE_DIR, "media")', "media"),
        ('str(BASE_DIR / "uploads")', "uploads"),
        ('settings.BASE_DIR.joinpath("x")', "x"),
        ('"/data/media"', "/data/media"),
        ('os.environ.get("MEDIA_ROOT", BASE_DIR / "media")', "media"),
        ('config("MEDIA_ROOT", default="/srv/media")', "/srv/media"),
        ('os.environ["MEDIA_ROOT"]', None),
        ('os.environ.get("MEDIA_ROOT")', None),
        ('""', None),
        ('"."', None),
        ('BASE_DIR.parent / "media"', None),
        ('BASE_DIR / ".." / "media"', None),
        ("media()", None),
    ],
)
def test_a_media_root(text: str, folder: str | None) -> None:
    assert media_folder(ast.parse(text, mode="eval").body) == folder
