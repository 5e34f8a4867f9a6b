"""What of a build context reaches the builder, and what of that the image."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sources import left_out, write_tree

from shipyard.compile.context import (
    dockerignore_text,
    is_project_file,
    own_ignore,
    own_ignores,
    recipe_ignores,
)
from shipyard.model.build import Ignored
from shipyard.source import IgnorePatternError, SourceTree, parse_ignore


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("pyproject.toml", ".", True),
        ("README.md", ".", True),
        ("requirements-dev.txt", ".", True),
        (".github/workflows/ci.yml", ".", True),
        ("shop/README.md", ".", False),
        ("manage.py", ".", False),
        ("api/pyproject.toml", "api", True),
        ("pyproject.toml", "api", False),
        ("apis/pyproject.toml", "api", False),
        ("readme.md", ".", False),
    ],
)
def test_files_for_people_and_tools(path: str, folder: str, expected: bool) -> None:
    assert is_project_file(path, folder) is expected


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        (".git/config", True),
        ("sub/.env.prod", True),
        (".env", True),
        ("shop/__pycache__/a.pyc", True),
        (".venv/bin/python", True),
        ("deploy/web.Dockerfile", True),
        ("release.plan", True),
        ("prod.shipyard.json", True),
        ("shop/settings.py", False),
        ("environment.py", False),
        ("notes.txt", True),
        ("keep/notes.txt", False),
        ("requirements.txt", False),
        ("media/photo.jpg", True),
        (".vscode/a.json", True),
    ],
)
def test_the_ignore_file_of_a_build(path: str, ignored: bool, tmp_path: Path) -> None:
    """What git ignores, then defaults, then the project's own lines, then what the install must have
    whatever these say, then secrets."""
    (tmp_path / ".dockerignore").write_bytes("\ufeff# mine\r\n*.txt\r\n!keep/notes.txt\r\n!.env\r\n".encode())
    own = own_ignore(SourceTree(tmp_path), ".")
    groups = recipe_ignores(
        own, ("requirements.txt", ".env"), (".vscode/*", "!.vscode/a.json", "[", "media/**")
    )
    assert left_out(parse_ignore(dockerignore_text(groups)), path) is ignored


def test_without_an_own_ignore_file_there_are_the_defaults() -> None:
    groups = recipe_ignores(None, ("uv.lock", "[a]/uv.lock"))
    assert {group.origin for group in groups} == {"default", "needed", "always"}
    text = dockerignore_text(groups)
    assert "# what the dependency install reads\n!uv.lock\n!\\[a\\]/uv.lock\n# secrets\n" in text
    assert not left_out(parse_ignore("**\n" + text), "[a]/uv.lock")


def test_the_own_ignore_file_is_held_to_what_a_build_takes(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / ".dockerignore").write_text("# mine\na\n!\n")
    with pytest.raises(IgnorePatternError) as caught:
        own_ignore(SourceTree(tmp_path), "api")
    assert caught.value.where == "api/.dockerignore:3"


def test_an_empty_file_beside_a_dockerfile_stands_in_for_the_contexts(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {".dockerignore": "a\n", "web.Dockerfile.dockerignore": ""})
    assert own_ignore(tree, ".") == Ignored(
        origin=".dockerignore", kind="the project's own lines", patterns=("a",)
    )
    beside = own_ignore(tree, ".", "web.Dockerfile")
    assert beside is not None
    assert (beside.origin, beside.patterns) == ("web.Dockerfile.dockerignore", ())
    assert own_ignore(tree, ".", "other.Dockerfile") == own_ignore(tree, ".")
    assert own_ignore(tree, "none") is None


HOSTILE = st.lists(
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(("!", "**", "*", "/", ".env", ".env.prod", "sub", "x", " ", "?", "#")), max_size=6
        ),
    ),
    max_size=8,
)


@given(lines=HOSTILE)
@example(lines=[".env.prod", "!.env.prod/x", "!**"])
@example(lines=["sub", "!sub/.env/x"])
def test_no_line_lets_a_secret_in(lines: list[str]) -> None:
    """Neither in a build by the recipe nor by the project's own Dockerfile."""
    try:
        parse_ignore("\n".join(lines))
    except IgnorePatternError:
        return
    own = Ignored(origin=".dockerignore", kind="own", patterns=tuple(lines))
    for groups in (own_ignores(own), recipe_ignores(own, ("x",))):
        rules = parse_ignore(dockerignore_text(groups))
        for path in (".env", ".env.prod", ".env.prod/x", "sub/.env/x", "sub/x/.env", "x/.ssh/id", ".envrc"):
            assert left_out(rules, path), path
