"""Which commit a tree is at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shipyard.source.git import git_origin, git_state


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    (tmp_path / "a.txt").write_text("a")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_commit_its_tree_and_whether_anything_differs(repository: Path) -> None:
    state = {
        "commit": git(repository, "rev-parse", "HEAD"),
        "tree": git(repository, "rev-parse", "HEAD^{tree}"),
    }
    assert git_state(repository) == {**state, "dirty": "no"}
    (repository / "new.txt").write_text("")
    assert git_state(repository) == {**state, "dirty": "yes"}


def test_no_repository_and_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path) is None


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://git.example.com/acme/shop.git", "https://git.example.com/acme/shop"),
        ("https://user:hunter2@git.example.com/acme/shop", "https://git.example.com/acme/shop"),
        ("https://hunter2@git.example.com:8443/acme/shop/", "https://git.example.com/acme/shop"),
        ("git@git.example.com:acme/shop.git", "https://git.example.com/acme/shop"),
        ("ssh://git@git.example.com:22/acme/shop.git", "https://git.example.com/acme/shop"),
        ("/srv/git/shop.git", None),
        ("../shop", None),
        ("", None),
    ],
)
def test_where_a_repository_comes_from(repository: Path, url: str, told: str | None) -> None:
    if url:
        git(repository, "remote", "add", "origin", url)
    assert git_origin(repository) == told
