"""What can be wrong with a manifest, collected until all of it is known and then told with lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.origin import Origin, Path
from shipyard.model.record import Record

MANIFEST = "shipyard.toml"
_BARE_KEY = r"[A-Za-z0-9_-]+"
_PART = r'\.(?:"(?:[^"\\]|\\.)*"|[A-Za-z0-9_-]+)|\[[0-9]+\]'
_DOTTED = rf"(?:services|networks|volumes)(?:{_PART})+"


class ManifestError(ShipyardError):
    """shipyard.toml is missing, unreadable or wrong."""


class Invalid(Exception):
    """One value is wrong."""

    def __init__(self, title: str, hint: str | None = None) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint


class Problem(Record):
    """Something wrong at `path`: a place in the merged manifest, or in the file itself if `in_file`."""

    path: Path
    title: str
    hint: str | None = None
    in_file: bool = False


class Problems:
    """Every problem found so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: Path, title: str, hint: str | None = None, *, in_file: bool = False) -> None:
        self.found.append(Problem(path=path, title=title, hint=hint, in_file=in_file))

    def add_invalid(self, path: Path, error: Invalid) -> None:
        self.add(path, error.title, error.hint)

    def raise_found(self, text: str, origins: Mapping[Path, Origin]) -> None:
        """Raise ManifestError for one problem, ErrorGroup of them for several, in the file's order."""
        if not self.found:
            return
        from shipyard.manifest.locate import locator

        lines = locator(text)
        # What `like` takes over is wrong in one place and found in two: told once.
        told: dict[tuple[str, str], tuple[int, ManifestError]] = {}
        for problem in self.found:
            path = problem.path if problem.in_file else place(problem.path, origins)
            line = lines.line(path)
            where = whereabouts(path, line)
            error = ManifestError(problem.title, where=where, hint=problem.hint)
            told.setdefault((where, problem.title), (line or 0, error))
        errors = [error for _, error in sorted(told.values(), key=lambda item: item[0])]
        raise errors[0] if len(errors) == 1 else ErrorGroup(tuple(errors))


def place(path: Path, origins: Mapping[Path, Origin]) -> Path:
    """The place in the file of a place in the merged manifest."""
    for length in range(len(path), 0, -1):
        origin = origins.get(path[:length])
        if origin is not None and origin.path:
            return (*origin.path, *path[length:])
    return path


def whereabouts(path: Path, line: int | None) -> str:
    """`shipyard.toml:12: services.web.port`."""
    parts = [f"{MANIFEST}:{line}" if line is not None else MANIFEST]
    return ": ".join([*parts, dotted(path)] if path else parts)


def dotted(path: Path) -> str:
    """`services.web.publish[0]`; keys that are not bare are quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if re.fullmatch(_BARE_KEY, part) else json.dumps(part))
    return text


def parts_of(where: str) -> Path:
    """The place that `services.web.publish[0]` names, the inverse of `dotted`; () for what names none."""
    if not re.fullmatch(_DOTTED, where):
        return ()
    parts = re.findall(_PART, f".{where}")
    return tuple(
        int(part[1:-1]) if part[0] == "[" else json.loads(part[1:]) if part[1] == '"' else part[1:]
        for part in parts
    )


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest known word, or with all of them."""
    import difflib

    words = sorted(known)
    near = difflib.get_close_matches(word.lower(), words, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known: {', '.join(words)}" if words else None
