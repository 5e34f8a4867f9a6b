"""Secrets that are addresses: no random text is one."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?:.*_)?(?:URL|URI|DSN|HOST|ENDPOINT|SERVER|EMAIL)S?")


def is_address(name: str) -> bool:
    """Whether a secret's name says so, as DATABASE_URL does."""
    return _ADDRESS.fullmatch(name.upper()) is not None
