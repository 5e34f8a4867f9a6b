"""pip: requirements.txt and the files it includes.

The format is pip's "Requirements File Format": one requirement or option a line, comments after ` #`,
a backslash at the end continues.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator

from shipyard.errors import ShipyardError
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.record import Record
from shipyard.source import SourceTree

REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_FILE_NAME = re.compile(r"[A-Za-z0-9_./@+-]+")
_MOST_FILES = 50


class RequirementsError(ShipyardError):
    """A requirements file that cannot be used."""


class _Line(Record):
    file: str
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"


class Pip:
    """Installs what the file names; exact only as far as the file pins it."""

    name = "pip"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return REQUIREMENTS if tree.is_file(posixpath.join(folder, REQUIREMENTS)) else None

    def read(self, tree: SourceTree, folder: str) -> Dependencies:
        """Raises RequirementsError."""
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.utils import canonicalize_name

        files: list[str] = []
        lines = list(_lines(tree, folder, REQUIREMENTS, None, files))
        packages: dict[str, Dependency] = {}
        unpinned: list[str] = []
        for line in lines:
            word = re.split(r"\s+--[a-z]", line.text)[0].strip()
            if word.startswith("-"):
                if word.startswith(("-e", "--editable")):
                    raise _local(line)
                continue
            if word.startswith((".", "/", "file:")):
                raise _local(line)
            try:
                requirement = Requirement(word)
            except InvalidRequirement as error:
                raise RequirementsError(
                    f"{word!r} is not a requirement: {str(error).splitlines()[0]}", where=line.where
                ) from None
            pins = [one.version for one in requirement.specifier if one.operator in ("==", "===")]
            pinned = pins[0] if pins and not pins[0].endswith(".*") else None
            if pinned is None and requirement.url is None:
                unpinned.append(requirement.name)
            name = canonicalize_name(requirement.name)
            packages[name] = Dependency(
                name=name, version=pinned, extras=tuple(sorted(requirement.extras)), where=line.where
            )
        notes: tuple[str, ...] = ()
        if unpinned:
            shown = ", ".join(unpinned[:3]) + (", ..." if len(unpinned) > 3 else "")
            notes = (
                f"{REQUIREMENTS} does not pin {shown}: two builds may differ; rename it to requirements.in, "
                f"and `uv pip compile requirements.in -o {REQUIREMENTS}` pins everything",
            )
        hashed = bool(packages) and all("--hash" in line.text for line in lines if line.text[0] != "-")
        return Dependencies(
            manager=self.name,
            evidence=REQUIREMENTS,
            packages=packages,
            install=DependencyInstall(
                files=tuple(files),
                facts=tuple(line.text for line in lines),
                install=("install", *(("--require-hashes",) if hashed else ()), "-r", f"/p/{REQUIREMENTS}"),
            ),
            requires_python=_requires_python(tree, folder),
            requires_python_where=PROJECT,
            notes=notes,
        )


def _requires_python(tree: SourceTree, folder: str) -> str | None:
    """What a pyproject.toml beside the requirements says; one that holds tools' tables alone says nothing."""
    text = tree.text(posixpath.join(folder, PROJECT))
    try:
        project = tomllib.loads(text or "").get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise RequirementsError(f"not valid TOML: {error}", where=PROJECT) from None
    found = project.get("requires-python") if isinstance(project, dict) else None
    return found if isinstance(found, str) else None


def _local(line: _Line) -> RequirementsError:
    return RequirementsError(
        "a requirement that is a path of this project cannot be installed yet",
        where=line.where,
        hint="the project's own code is importable from its folder without being installed: drop the line",
    )


def _lines(
    tree: SourceTree, folder: str, name: str, included_at: str | None, files: list[str]
) -> Iterator[_Line]:
    """The meaningful lines of a file and of those it includes, in order."""
    if name in files:
        return
    if not _FILE_NAME.fullmatch(name) or name.startswith("/") or len(files) >= _MOST_FILES:
        raise RequirementsError(
            f"cannot include {name!r}", where=included_at, hint="use a plain relative path"
        )
    text = tree.text(posixpath.normpath(posixpath.join(folder, name)))
    if text is None or name.startswith(".."):
        raise RequirementsError(f"{name} is not in the project", where=included_at)
    files.append(name)
    for number, line in _joined(text):
        include = _INCLUDE.match(line)
        if include is None:
            yield _Line(file=name, number=number, text=line)
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), include[1]))
        constraint = line.startswith(("-c", "--constraint"))
        for one in _lines(tree, folder, target, f"{name}:{number}", files):
            if constraint and not one.text.startswith("-"):
                # A constraint installs nothing; it still decides versions, so it is a fact.
                yield _Line(file=one.file, number=one.number, text=f"--constrained {one.text}")
            else:
                yield one


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, text) of each line that says something, whitespace made one space."""
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start if pending else number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            pending += raw[:-1] + " "
            continue
        line = " ".join(re.sub(r"(^|\s)#.*$", "", pending + raw).split())
        pending = ""
        if line:
            yield start, line
    if pending:
        # pip takes a last line that goes on with nothing; uv, which installs, does not.
        yield start, pending.strip() + " \\"
