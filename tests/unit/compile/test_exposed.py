from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources import FASTAPI

KEY = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"tls/server.pem": KEY}, "web: tls/server.pem will be in the image"),
        (
            {"a.key": KEY, "b.key": KEY, "c.key": KEY, "d.key": KEY},
            "web: a.key, b.key, c.key and 1 more will",
        ),
        ({"secrets.toml": "x = 1\n"}, "web: secrets.toml will be in the image"),
        ({"deploy_key": KEY}, "web: deploy_key will be in the image"),
        ({"k.PEM": KEY}, "web: k.PEM will be in the image"),
        ({"conf/prod.env": "A=1\n"}, "web: conf/prod.env will be in the image"),
        ({"tls/ca.pem": CERTIFICATE, "secrets.py": "x = 1\n"}, None),
        ({"server.pem": KEY, ".dockerignore": "*.pem\n"}, None),
    ],
)
def test_what_looks_like_a_secret_is_told(
    compiled: Callable[..., Any], files: dict[str, str], told: str | None
) -> None:
    detected, _ = compiled({**FASTAPI, **files}, "")
    notes = [note for note in detected.notes if "will be in the image" in note]
    assert len(notes) == (1 if told else 0)
    assert all(note.startswith(told or "") for note in notes)
