"""Requirements files: their lines, with those of the files that they include.

The format is pip's "Requirements File Format": one requirement or option a line, comments after ` #`,
a backslash at the end continues.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from shipyard.errors import ShipyardError
from shipyard.model.record import Record, replace
from shipyard.source import SourceTree

_INCLUDE = r"(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)"
_FILE_NAME = r"[A-Za-z0-9_./@+-]+"
_MOST_FILES = 50
_PATH = r"(?:\.{1,2}(?:/|\[|$)|/|file:|[A-Za-z0-9_.-]+/)"


class RequirementsError(ShipyardError):
    """A requirements file that cannot be used."""


class Line(Record):
    """`constraint`: it installs nothing, and still decides versions."""

    file: str
    number: int
    text: str
    constraint: bool = False

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"

    @property
    def word(self) -> str:
        """Without the options that may follow a requirement."""
        return re.split(r"\s+--[a-z]", self.text)[0].strip()

    @property
    def fact(self) -> str:
        # A constraint installs nothing; it still decides versions, so it is a fact.
        return f"--constrained {self.text}" if self.constraint else self.text


class Path(Record):
    """A requirement that is a folder or a file of the project, relative to its folder."""

    path: str
    extras: tuple[str, ...] = ()


class Repository(Record):
    """A requirement that is fetched by git; `name` None where the line does not say it."""

    name: str | None
    url: str

    @property
    def commit(self) -> str | None:
        """The full commit that it is pinned to."""
        match = re.search(r"@([0-9a-f]{40})(?:[#&]|$)", self.url)
        return match[1] if match else None

    @property
    def text(self) -> str:
        return f"{self.name} @ {self.url}" if self.name else self.url


def direct(line: Line) -> Path | Repository | None:
    """What a line names by its place instead of an index. Raises RequirementsError."""
    if line.text.startswith("-") and not re.match(r"-e\b|--editable\b", line.text):
        return None
    word = re.sub(r"^(?:-e|--editable)[ =]?\s*", "", line.word)
    editable = word != line.word
    name, _, rest = word.partition("@")
    if _ and re.fullmatch(r"[A-Za-z0-9._-]+(\[[^\]]*\])?", name.strip()):
        target, name = rest.strip(), name.strip()
    else:
        target, name = word, ""
    if target.startswith("git+"):
        # An environment marker of a direct reference stands behind ` ; `.
        url, _, fragment = target.partition("#")
        egg = re.search(r"(?:^|&)egg=([A-Za-z0-9._-]+(?:\[[^\]]*\])?)", fragment)
        if egg is not None:
            kept = "&".join(part for part in fragment.split("&") if not part.startswith("egg="))
            url, name = url + (f"#{kept}" if kept else ""), name or egg[1]
        else:
            url = target
        return Repository(name=name or None, url=url)
    if re.match(r"(hg|svn|bzr)\+", target):
        raise RequirementsError(
            f"{target.partition('+')[0]} repositories cannot be installed",
            where=line.where,
            hint="name a release, an archive or a git repository",
        )
    if re.match(r"[a-z]+://", target) and not target.startswith("file:"):
        return None
    if not editable and not re.match(_PATH, target):
        return None
    if name and not target.startswith(("file:", ".", "/")):
        return None
    return _path(target, line)


def _path(target: str, line: Line) -> Path:
    match = re.fullmatch(r"(.*?)(?:\[([^\]]*)\])?", target.partition(" ;")[0].strip())
    assert match
    path = match[1].removeprefix("file://").removeprefix("file:") or "."
    if path.startswith("/") or "${" in path:
        raise RequirementsError(
            f"{path} is a path of one machine", where=line.where, hint="write it relative to the project"
        )
    extras = tuple(sorted(one.strip() for one in (match[2] or "").split(",") if one.strip()))
    return Path(path=path, extras=extras)


def read_lines(
    tree: SourceTree, folder: str, name: str, files: list[str], included_at: str | None = None
) -> Iterator[Line]:
    """The meaningful lines of a file and of those it includes, in order; `files` grows by what was read.

    Raises RequirementsError.
    """
    if name in files:
        return
    if not re.fullmatch(_FILE_NAME, name) or name.startswith("/") or len(files) >= _MOST_FILES:
        raise RequirementsError(
            f"cannot include {name!r}", where=included_at, hint="use a plain relative path"
        )
    text = tree.text(posixpath.normpath(posixpath.join(folder, name)))
    if text is None or name.startswith(".."):
        raise RequirementsError(f"{name} is not in the project", where=included_at)
    files.append(name)
    for number, line in _joined(text):
        include = re.match(_INCLUDE, line)
        if include is None:
            yield Line(file=name, number=number, text=line)
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), include[1]))
        constraint = line.startswith(("-c", "--constraint"))
        for one in read_lines(tree, folder, target, files, f"{name}:{number}"):
            yield replace(one, constraint=True) if constraint and not one.text.startswith("-") else one


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
