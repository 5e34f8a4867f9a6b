"""Requirements files that a tool wrote from another file: which one, how, and whether it still fits."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping

from shipyard.managers.local import static_requirements
from shipyard.managers.markers import normal
from shipyard.managers.project import PROJECT, read_project, table
from shipyard.managers.requirements import RequirementsError, read_lines
from shipyard.model.dependencies import Dependency
from shipyard.model.record import Record
from shipyard.source import SourceTree

_UNPINNED = r"(?m)^# WARNING: The following packages were not pinned.*\n(?:# .* .*\n)*((?:# \S+\n?)+)"
"""What pip-compile writes with --generate-hashes and without --allow-unsafe (its documentation)."""


class Header(Record):
    """`command` as the file says it; `sources` are the files that it reads, `lock` the lock instead. `python`
    is the version that it was resolved for, None where it does not say."""

    tool: str
    command: str
    sources: tuple[str, ...] = ()
    lock: str | None = None
    python: str | None = None


def header(text: str) -> Header | None:
    """What the first comment of a requirements file says of how it was made."""
    comments = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        comments.append(line.lstrip("# ").strip())
    said = "\n".join(comments[:12])
    command = next(
        (line for line in comments if re.match(r"(pip-compile|uv pip compile|uv export)\b", line)), ""
    )
    if command.startswith("uv export"):
        return Header(tool="uv", command=command, lock="uv.lock")
    if command:
        tool = "pip-compile" if command.startswith("pip-compile") else "uv pip compile"
        # What pip-compile says by itself, and the option of uv's.
        python = re.search(r"\bwith Python (3\.\d+)", said) or re.search(
            r"(?:--python-version|--python|-p)[= ](3\.\d+)(?=[.\s]|$)", command
        )
        return Header(
            tool=tool, command=command, sources=_sources(command), python=python[1] if python else None
        )
    for tool, lock in (("poetry", "poetry.lock"), ("pdm", "pdm.lock"), ("pipenv", "Pipfile.lock")):
        if re.search(rf"(?i)\b{tool}\b", said):
            return Header(tool=tool, command=f"{tool} export", lock=lock)
    return None


def _sources(command: str) -> tuple[str, ...]:
    try:
        words = shlex.split(command)
    except ValueError:
        return ()
    named: list[str] = []
    skip = False
    for word in words[1:]:
        if skip or word in ("pip", "compile"):
            skip = False
        elif word.startswith("-"):
            skip = word in ("-o", "--output-file", "-c", "--constraint", "--extra", "--group", "-p")
        elif word.endswith((".in", ".toml", ".txt")):
            named.append(word)
    return tuple(named)


def check_compiled(tree: SourceTree, folder: str, name: str, packages: Mapping[str, Dependency]) -> None:
    """A compiled file must hold all that its source asks for, and all that is installed when it has hashes.
    Raises RequirementsError."""
    text = tree.text(posixpath.join(folder, name)) or ""
    made = header(text)
    if made is None or made.lock is not None:
        return
    if left_out := re.search(_UNPINNED, text):
        names = ", ".join(left_out[1].replace("#", " ").split())
        raise RequirementsError(
            f"{name} leaves out {names}, and with hashes nothing is installed that has none",
            where=name,
            hint=f"run `{made.command} --allow-unsafe` in its folder",
        )
    missing: list[str] = []
    for source in made.sources:
        for text in _asked(tree, folder, name, source, made.command):
            if _unmet(text, packages):
                missing.append(text)
    if missing:
        raise RequirementsError(
            f"{name} is out of date with {', '.join(made.sources)}",
            where=name,
            details=tuple(f"{' and '.join(made.sources)} asks for {text}" for text in missing[:6]),
            hint=f"run `{made.command}` in its folder",
        )


def _asked(tree: SourceTree, folder: str, name: str, source: str, command: str) -> Iterable[str]:
    if posixpath.basename(source) == PROJECT:
        place = posixpath.normpath(posixpath.join(folder, posixpath.dirname(source)))
        document = read_project(tree, place)
        extras = re.findall(r"--extra[= ]([\w.-]+)", command)
        if "--all-extras" in command:
            extras = list(table(document, "project", "optional-dependencies"))
        return static_requirements(document, tuple(extras), PROJECT)
    # pip-compile is run in the project's folder or in the file's own.
    for path in (source, posixpath.normpath(posixpath.join(posixpath.dirname(name), source))):
        if tree.is_file(posixpath.normpath(posixpath.join(folder, path))) and not path.startswith(".."):
            lines = read_lines(tree, folder, path, [])
            return [
                line.word for line in lines if not line.constraint and re.match(r"[A-Za-z0-9]", line.text)
            ]
    return ()


def _unmet(text: str, packages: Mapping[str, Dependency]) -> bool:
    """Whether a requirement is not met by what is pinned."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
        if requirement.marker is not None:
            # The file may have been compiled where it does not hold.
            return False
        found = packages.get(normal(requirement.name))
        if found is None:
            return True
        return found.version is not None and not requirement.specifier.contains(
            found.version, prereleases=True
        )
    except InvalidRequirement:
        return False
