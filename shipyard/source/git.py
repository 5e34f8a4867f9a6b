"""Which commit a source tree is at. Reads only."""

from __future__ import annotations

import re
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


def git_origin(root: Path) -> str | None:
    """Where the repository comes from, as its web address: without what its URL holds to log in with. None
    for one on this machine, or without git."""
    url = _git(root, "remote", "get-url", "origin") or ""
    found = re.fullmatch(
        r"(?:(?:https?|ssh|git)://)?(?:[^@/]*@)?([A-Za-z0-9.-]+\.[A-Za-z]+)(?::[0-9]+/|[:/])(.+?)(?:\.git)?/?",
        url,
    )
    return f"https://{found[1]}/{found[2].lstrip('/')}" if found else None


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def git_ignores(root: Path, name: str) -> bool | None:
    """Whether git leaves a file out; None outside of a repository or without git."""
    if _git(root, "rev-parse", "--git-dir") is None:
        return None
    return _git(root, "check-ignore", "-q", "--", name) is not None


def tracked_though_ignored(folder: Path, name: str) -> tuple[str, ...]:
    """Files below a name in a folder that git keeps and is told to ignore, by their paths in the folder."""
    said = _git(folder, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard", "--", name)
    return tuple(sorted(filter(None, said.split("\0")))) if said else ()
