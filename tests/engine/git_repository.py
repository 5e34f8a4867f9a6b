"""A git repository with one package, to be served as plain files (git-http-backend's dumb protocol)."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROJECT = """
[project]
name = "gitlib"
version = "7"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


def bare_repository(folder: Path) -> tuple[Path, str]:
    """`served/gitlib.git` in a new folder, and its commit."""
    work, bare = folder / "work", folder / "served" / "gitlib.git"
    work.mkdir(parents=True)
    (work / "pyproject.toml").write_text(PROJECT)
    (work / "gitlib.py").write_text("NAME = 'gitlib'\n")

    def git(*words: str) -> str:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        done = subprocess.run(
            ["git", *identity, *words], cwd=work, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("clone", "-q", "--bare", ".", str(bare))
    git("--git-dir", str(bare), "update-server-info")
    return bare, git("rev-parse", "HEAD")
