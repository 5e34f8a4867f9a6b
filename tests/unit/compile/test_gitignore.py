"""What git ignores reaches no build: held to git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shipyard.compile.gitignore import gitignore_lines
from shipyard.source import SourceTree, parse_ignore

FILES = (
    *("app.py", "db.sqlite3", "credentials.json", "media/photo.jpg", "media/keep/a.txt", "static/build/a.js"),
    *(
        "web/media/b.jpg",
        "web/app.py",
        "web/logs/a.log",
        "a.log",
        "web/deep/er/a.log",
        "build",
        "docs/build/x",
    ),
    *("uploads/.gitignore", "uploads/secret.pdf", "web/tmp/x1", "web/tmp/y1", "#odd", "with space /x"),
)


def tree(root: Path, ignored: dict[str, str]) -> SourceTree:
    for name in FILES:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    for name, text in ignored.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return SourceTree(root)


def kept_by_git(root: Path, context: str) -> set[str]:
    command = ["git", "-C", str(root / context), "ls-files", "-z", "-o", "--exclude-standard", "."]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return {name for name in listed if name}


def kept(source: SourceTree, context: str) -> set[str]:
    rules = parse_ignore("\n".join((".git", *gitignore_lines(source, context))))
    return set(source.digests(context, rules))


@pytest.mark.parametrize("context", [".", "web"])
@pytest.mark.parametrize(
    "ignored",
    [
        {".gitignore": "*.log\ndb.sqlite3\ncredentials.json\nmedia/\n"},
        {".gitignore": "/media\n!a.log\n/web/logs/\n# comment\n\n"},
        {".gitignore": "*.log\n!/a.log\nbuild/\n/#odd\n"},
        {".gitignore": "**/build\nweb/**/a.log\n"},
        {".gitignore": "tmp/[!x]1\nweb/tmp/[!x]1\n\\#odd\n"},
        {".gitignore": "*/media/*.jpg\nstatic/*\n"},
        {".gitignore": "x\n", "uploads/.gitignore": "*\n!.gitignore\n"},
        {".gitignore": "*.py\r\n", "web/.gitignore": "!app.py\n/logs\n"},
        {},
    ],
)
def test_what_git_ignores_is_ignored(tmp_path: Path, ignored: dict[str, str], context: str) -> None:
    source = tree(tmp_path, ignored)
    assert kept(source, context) == kept_by_git(tmp_path, context)


def test_modules_that_git_keeps_in_an_ignored_folder(tmp_path: Path) -> None:
    """`lib/` is in lists of what Python projects ignore, and in many a repository."""
    for name in ("lib/pay/__init__.py", "lib/new.py", "media/a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".gitignore").write_text("lib/\nmedia/\n")
    lines = ("**/lib/**", "**/media/**")
    assert gitignore_lines(SourceTree(tmp_path), ".") == lines
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "add", "-f", "lib/pay", "media"], check=True)
    assert gitignore_lines(SourceTree(tmp_path), ".") == (*lines, "!lib/pay/__init__.py")


def test_lines_of_the_repository_above_the_project(tmp_path: Path) -> None:
    project = tmp_path / "apps" / "shop"
    project.mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*\n*.sqlite3\n/apps/shop/uploads\n/apps/other/x\n")
    (tmp_path / "apps" / ".gitignore").write_text("shop/cache/\n")
    assert gitignore_lines(SourceTree(project), ".") == ()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    found = gitignore_lines(SourceTree(project), ".")
    assert found == ("**/*.sqlite3", "uploads", "cache/**"), "and not what ignores a whole home folder"
