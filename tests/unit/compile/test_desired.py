"""What services are to each other, seen when all of them are compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.compile.desired import compile_desired
from shipyard.errors import ShipyardError
from shipyard.manifest import load

MANIFEST = """\
name = "shop"
[services.web]
image = "{image}"
restart = "no"
compose.ipc = "shareable"
{health}
[services.guest]
image = "x:1"
compose = {{ {shares} }}
"""


def compiled(root: Path, shares: str, image: str = "x:1", health: str = "") -> None:
    (root / "shipyard.toml").write_text(MANIFEST.format(shares=shares, image=image, health=health))
    manifest = load(root, stage=None, instance=None, environ={"XDG_CACHE_HOME": str(root / "cache")}).manifest
    compile_desired(manifest, {})


@pytest.mark.parametrize("key", ["network_mode", "pid", "ipc"])
def test_nobody_lives_in_a_service_that_ends(tmp_path: Path, key: str) -> None:
    with pytest.raises(ShipyardError) as caught:
        compiled(tmp_path, f'{key} = "service:web"')
    assert "guest lives in web, which runs to its end" in str(caught.value)
    assert f"services.guest.compose.{key}" in str(caught.value)
    # These stay up, by a check of their own or the one that is known for an image.
    compiled(tmp_path, f'{key} = "service:web"', health='health = { command = ["true"] }')
    compiled(tmp_path, f'{key} = "service:web"', image="redis:7")


def test_volumes_outlive_who_brought_them(tmp_path: Path) -> None:
    compiled(tmp_path, 'volumes_from = ["web"]')
