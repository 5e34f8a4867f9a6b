"""What of a build context reaches the builder, and what of that the image."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import shlex
from collections.abc import Collection

from shipyard.model.build import Ignored
from shipyard.source import IgnorePatternError, SourceTree, parse_ignore

DEFAULTS = {
    "version control": ("**/.git", "**/.hg", "**/.svn"),
    "caches": (
        "**/__pycache__",
        "**/*.py[cod]",
        "**/.pytest_cache",
        "**/.mypy_cache",
        "**/.ruff_cache",
        "**/.hypothesis",
        "**/.tox",
        "**/.nox",
        "**/.coverage",
        "**/htmlcov",
    ),
    "environments": ("**/.venv", "**/venv", "**/node_modules"),
    "editors": ("**/.idea", "**/.vscode", "**/.DS_Store", "**/*.swp"),
    "logs": ("**/*.log", "**/nohup.out"),
    # So that writing into the project changes no image.
    "what render and --out write": (
        "**/*.Dockerfile",
        "**/*.Dockerfile.dockerignore",
        "**/compose.yaml",
        "**/compose.yml",
        "**/docker-compose*.y*ml",
        "**/compose.applied.json",
        "**/*.plan",
        "**/*.plan.md",
        "**/*.shipyard.json",
        "**/*.backup",
    ),
}
"""Ignored at every depth, unless the project's own lines let it in again."""

SECRETS = (
    *(".env*", ".netrc", ".pypirc", ".git-credentials", ".ssh", ".aws", ".pgpass"),
    *(".docker/config.json", ".kube/config", ".my.cnf", ".boto", ".vault_pass"),
    *("id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"),
    # What a run that was killed has left of a backup, and of a file that it was writing.
    *(".backup-*", ".*.part-*"),
)
"""Names that hold secrets. They reach no build, whatever the project's own lines say."""

PROJECT_FILES = (
    "pyproject.toml",
    "uv.lock",
    "requirements*.txt",
    "requirements*.in",
    "shipyard.toml",
    "shipyard.lock",
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
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".editorconfig",
    "Makefile",
    "justfile",
    "noxfile.py",
    "tox.ini",
    "pytest.ini",
    "mypy.ini",
    ".coveragerc",
    ".flake8",
)
"""At the top of a project these serve people and tools, not the running application: they stay out of
the image, so that an edit of one changes none."""

READ = ("pyproject.toml", "setup.cfg", "requirements*", "README*", "CHANGELOG*")
"""Those of them, and others, that builds of packages read, and some an application."""


def is_project_file(path: str, folder: str, kept: Collection[str] = ()) -> bool:
    """Whether a path of the context stays out of the image. `folder` is the project's, "." for the top;
    `kept` are names that do not."""
    prefix = "" if folder == "." else folder.rstrip("/") + "/"
    if not path.startswith(prefix):
        return False
    top = path.removeprefix(prefix).partition("/")[0]
    return top not in kept and any(fnmatch.fnmatchcase(top, pattern) for pattern in PROJECT_FILES)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or in it."""
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def removal_of_project_files(top: str, own_files: tuple[str, ...], kept: tuple[str, ...] = ()) -> str:
    """The shell command that takes them out of a copy at `top`, and names that serve a manager alone; `kept`
    are brought from where they were copied from, by their paths there. A front end's .npmrc, wherever it
    stands, may hold a token."""
    names = [*PROJECT_FILES, *map(shlex.quote, own_files)]
    removed = " ".join(f"{shlex.quote(top)}/{name}" for name in names)
    again = "".join(f" && cp -R /context/{shlex.quote(one)} {shlex.quote(top)}/" for one in kept)
    return f"rm -rf {removed}{again} && find {shlex.quote(top)} -name .npmrc -type f -delete"


def own_ignore(tree: SourceTree, context: str, dockerfile: str | None = None) -> Ignored | None:
    """The project's own ignore file. One beside a Dockerfile, even an empty one, stands in for the
    context's. Raises SourceError, IgnorePatternError."""
    names = [posixpath.normpath(posixpath.join(context, ".dockerignore"))]
    if dockerfile is not None:
        names.insert(0, f"{dockerfile}.dockerignore")
    for name in names:
        text = tree.text(name)
        if text is not None:
            parse_ignore(text, name)
            lines = (line.removesuffix("\r") for line in text.split("\n"))
            patterns = tuple(line for line in lines if line.strip() and not line.startswith("#"))
            return Ignored(origin=name, kind="the project's own lines", patterns=patterns)
    return None


def recipe_ignores(
    own: Ignored | None, needed: tuple[str, ...], git: tuple[str, ...] = ()
) -> tuple[Ignored, ...]:
    """What a build by Shipyard's recipe leaves out: the last line that fits decides. `needed` are files
    that the dependency install reads, `git` the lines of the project's .gitignore files."""
    defaults = (Ignored(origin="default", kind=kind, patterns=lines) for kind, lines in DEFAULTS.items())
    by_git = Ignored(origin=".gitignore", kind="what git ignores", patterns=tuple(filter(_is_pattern, git)))
    lines = tuple("!" + re.sub(r"[*?\[\]\\^]", r"\\\g<0>", path) for path in needed)
    install = Ignored(origin="needed", kind="what the dependency install reads", patterns=lines)
    # Git's `!` are for git: `!.vscode/settings.json` is no wish to have that in an image.
    groups = (by_git, *defaults, *((own,) if own else ()), install, _secrets())
    return tuple(group for group in groups if group.patterns)


def _is_pattern(line: str) -> bool:
    """Git takes lines that are none for BuildKit, which would refuse the build."""
    try:
        parse_ignore(line)
    except IgnorePatternError:
        return False
    return True


def own_ignores(own: Ignored | None) -> tuple[Ignored, ...]:
    """What a build of the project's own Dockerfile leaves out."""
    return (*((own,) if own else ()), _secrets())


def _secrets() -> Ignored:
    # A second line for what is below: BuildKit does not try the first one there where an earlier line
    # has left the folder out, and a `!` may have let a file in again by then.
    patterns = tuple(f"**/{name}{below}" for name in SECRETS for below in ("", "/**"))
    return Ignored(origin="always", kind="secrets", patterns=patterns)


def dockerignore_text(groups: tuple[Ignored, ...]) -> str:
    """The ignore file of a build."""
    lines = [line for group in groups for line in (f"# {group.kind}", *group.patterns)]
    return "\n".join(lines) + "\n"
