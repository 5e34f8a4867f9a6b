"""Which commit a source tree is at. Reads only."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def git_state(root: Path) -> Mapping[str, str] | None:
    """`commit` and `tree` by their hashes, and `dirty` "yes" or "no"; None outside of a repository or
    without git."""
    hashes = _git(root, "rev-parse", "-q", "HEAD^{commit}", "HEAD^{tree}")
    changes = _git(root, "status", "--porcelain", "--", ".")
    if hashes is None or changes is None:
        return None
    commit, tree = hashes.split()
    return {"commit": commit, "tree": tree, "dirty": "yes" if changes else "no"}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
