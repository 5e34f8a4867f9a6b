"""What of a build context reaches the builder, and what of that the image."""

from __future__ import annotations

import pytest

from shipyard.compile.context import dockerignore_text, is_project_file
from shipyard.source import parse_ignore


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
    ],
)
def test_the_ignore_file_of_a_build(path: str, ignored: bool) -> None:
    """Defaults, then the project's own lines, then what the install must have whatever these say."""
    own = "\ufeff# mine\r\n*.txt\r\n!keep/notes.txt\r\n"
    rules = parse_ignore(dockerignore_text(own, ("requirements.txt",)))
    assert rules.ignored(path) is ignored


def test_without_an_own_ignore_file_there_are_the_defaults() -> None:
    text = dockerignore_text(None, ("uv.lock",))
    assert "own .dockerignore" not in text
    assert text.endswith("# what the dependency install reads\n!uv.lock\n")
