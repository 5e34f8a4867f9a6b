"""shipyard.lock: the digests of base and service images, so that every build and machine takes the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from shipyard.manifest.errors import ManifestError

LOCK = "shipyard.lock"
_FORMAT = 1
_DIGEST = r"sha256:[0-9a-f]{64}"
_HEAD = """\
# Made by `shipyard lock`: commit it. `shipyard lock --upgrade` takes what the tags mean now.
"""


def read_lock(root: Path) -> dict[str, str]:
    """Digests by image, such as `postgres:17`; empty where there is no lock. Raises ManifestError."""
    path = root / LOCK
    if path.exists() and not path.is_file():
        raise _damaged("is not a file")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _damaged(f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _damaged(f"is not valid TOML: {error}") from None
    if document.get("format") != _FORMAT:
        raise ManifestError(
            f"{LOCK} is of a format that this version of Shipyard does not know",
            where=f"{LOCK}: format",
            hint="use the version that wrote it, or make it anew with `shipyard lock`",
        )
    images = document.get("images")
    if not isinstance(images, dict):
        raise _damaged("has no [images]")
    for name, digest in images.items():
        if not isinstance(digest, str) or not re.fullmatch(_DIGEST, digest):
            raise _damaged(f"has no digest for {name}")
    return images


def lock_text(images: Mapping[str, str]) -> str:
    """What read_lock reads, in the order of names."""
    from shipyard.manifest.write import dumps

    return _HEAD + dumps({"format": _FORMAT, "images": dict(sorted(images.items()))})


def _damaged(how: str) -> ManifestError:
    return ManifestError(f"{LOCK} {how}", where=LOCK, hint="mend it, or remove it and run `shipyard lock`")
