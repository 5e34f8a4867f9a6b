"""Files that look like secrets and are about to become part of an image."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable

from shipyard.model.manifest import Service
from shipyard.source import SourceTree
from shipyard.source.digests import SourceError

_NAMES = (
    *("secrets.toml", "secrets.y*ml", "secrets.json", "credentials.json", "service-account*.json"),
    *(".htpasswd", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.env"),
)
_MAY_HOLD_KEYS = ("*.pem", "*.key", "*.ppk", "*_key", "*-key", "id_*")
_PRIVATE = "PRIVATE KEY"
"""In the first line of a private key (RFC 7468), in that of none of a certificate or a public key."""


def exposed_secrets(
    service: Service, tree: SourceTree, context: str, paths: Iterable[str]
) -> tuple[str, ...]:
    """A note that names them, as no rule tells for sure. `paths` of the image are relative to `context`."""
    found = [path for path in sorted(paths) if _looks_secret(tree, context, path)]
    if not found:
        return ()
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return (
        f"{service.name}: {', '.join(found[:3])}{more} will be in the image: what is a secret belongs into "
        ".dockerignore, and reaches the service by secrets",
    )


def _looks_secret(tree: SourceTree, context: str, path: str) -> bool:
    name = posixpath.basename(path).lower()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES):
        return True
    if not any(fnmatch.fnmatchcase(name, pattern) for pattern in _MAY_HOLD_KEYS):
        return False
    try:
        return _PRIVATE in (tree.text(posixpath.join(context, path)) or "")
    except SourceError:
        return False
