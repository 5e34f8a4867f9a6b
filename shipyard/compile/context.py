"""What of a build context reaches the builder, and what of that the image."""

from __future__ import annotations

import fnmatch

DEFAULT_IGNORES = (
    ".git",
    "**/.git",
    "**/.hg",
    "**/.svn",
    "**/.env",
    "**/.env.*",
    "**/__pycache__",
    "**/*.py[cod]",
    "**/.venv",
    "**/venv",
    "**/node_modules",
    "**/.pytest_cache",
    "**/.mypy_cache",
    "**/.ruff_cache",
    "**/.hypothesis",
    "**/.tox",
    "**/.nox",
    "**/.coverage",
    "**/htmlcov",
    "**/.idea",
    "**/.vscode",
    "**/.DS_Store",
    "**/*.swp",
    "**/*.Dockerfile",
    "**/*.Dockerfile.dockerignore",
    "**/compose.yaml",
    "**/compose.yml",
    "**/docker-compose*.y*ml",
    "**/compose.applied.json",
    "**/*.plan",
    "**/*.plan.md",
    "**/*.shipyard.json",
)
"""Ignored everywhere: version control, secrets, caches, environments, editors' files, and what `render`
and `--out` write, so that writing into the project changes no image."""

PROJECT_FILES = (
    "pyproject.toml",
    "uv.lock",
    "requirements*.txt",
    "requirements*.in",
    "shipyard.toml",
    "README*",
    "CHANGELOG*",
    "Dockerfile*",
    ".dockerignore",
    ".gitignore",
    ".gitattributes",
    ".github",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".python-version",
    ".editorconfig",
)
"""At the top of a project these serve people and tools, not the running application: they stay out of
the image, so that an edit of one changes none."""


def is_project_file(path: str, folder: str) -> bool:
    """Whether a path of the context stays out of the image. `folder` is the project's, "." for the top."""
    prefix = "" if folder == "." else folder.rstrip("/") + "/"
    if not path.startswith(prefix):
        return False
    top = path.removeprefix(prefix).partition("/")[0]
    return any(fnmatch.fnmatchcase(top, pattern) for pattern in PROJECT_FILES)


def dockerignore_text(own: str | None, needed: tuple[str, ...], git: tuple[str, ...] = ()) -> str:
    """The ignore file of a build: defaults, what git ignores, the project's own lines, and what the install
    must have."""
    lines = ["# what never reaches a build", *DEFAULT_IGNORES]
    if git:
        lines += ["# what git ignores", *git]
    if own is not None:
        lines += ["# the project's own .dockerignore", *own.removeprefix("\ufeff").splitlines()]
    lines += ["# what the dependency install reads", *(f"!{path}" for path in needed)]
    return "\n".join(lines) + "\n"
