""".dockerignore semantics as BuildKit applies them.

Source of the rules: the Dockerfile reference, ".dockerignore file"; moby/patternmatcher and its reader of
ignore files; tonistiigi/fsutil, which walks a build context. Where these have quirks, they are followed:
what counts is what reaches a build. tests/engine/test_dockerignore.py holds this to a real engine.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Iterable
from itertools import groupby

from shipyard.errors import ShipyardError
from shipyard.model.record import Record
from shipyard.source.pattern import BadPattern, Matcher, matcher

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's strings.TrimSpace removes; Python's strip takes more."""
_INVISIBLE = r"[\x00-\x1f\x7f\ufeff]"
_LINE_LIMIT = 65_535
"""Bytes of a line that BuildKit still reads."""
_DOUBT = 1


class IgnorePatternError(ShipyardError):
    """A line of an ignore file that is no pattern."""


class Pattern(Record):
    """One line: its cleaned text, what it matches, and whether it lets in again (`!`)."""

    text: str
    include: bool
    matcher: Matcher


class IgnoreRules:
    """The patterns of one ignore file, in order, to be asked about a folder before what is in it.

    `leaves_out` tells of a path and its last part whether any pattern without `!` matches it.
    """

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.patterns = patterns
        self._runs = tuple(
            _Run(2 << number, include, tuple(group))
            for number, (include, group) in enumerate(groupby(patterns, key=lambda one: one.include))
        )
        self.leaves_out = _any_of([one.matcher for one in patterns if not one.include])
        let_in = [one.text.removesuffix("/**").removesuffix("/*") + "/" for one in patterns if one.include]
        self._let_in = tuple(let_in)
        self._prunes = not any(char in text for text in let_in for char in "*[]?^\\")

    def check(self, path: str, name: str, parent: int) -> tuple[bool, int]:
        """(whether a path is left out, what to hand in as `parent` for what is below it).

        `path` is relative to the context, `name` its last part, `parent` 0 at the top. What matched a
        folder matches what is below it, but only what was tried on the folder counts: a pattern is not
        tried where it would change nothing. With `parent` 0 and `leaves_out` false, this is (False, 0).
        """
        out = False
        state = parent & _DOUBT
        for run in self._runs:
            if not parent & run.bit:
                if run.include != out:
                    state |= out
                    continue
                if not run.matches(path, name):
                    continue
            state |= run.bit
            out = not run.include
        return out, state

    def prunes(self, folder: str) -> bool:
        """Whether a folder that is left out is not even looked into. With a `!` that has a wildcard all
        are; otherwise those on the way to what a `!` names."""
        return self._prunes and not any(text.startswith(f"{folder}/") for text in self._let_in)

    def empties(self, path: str, state: int) -> bool:
        """Whether a file that is let in arrives without its content. `state` is what `check` gave.

        The sender opens a file only if the patterns let it in when each is tried on all its folders.
        """
        if not state & _DOUBT:
            return False
        parts = path.split("/")
        ways = [("/".join(parts[: end + 1]), parts[end]) for end in range(len(parts))]
        out = False
        for run in self._runs:
            if run.include == out and any(run.matches(*way) for way in ways):
                out = not out
        return out


class _Run:
    """Patterns of one kind that stand one after another: which of them matches makes no difference."""

    def __init__(self, bit: int, include: bool, patterns: tuple[Pattern, ...]) -> None:
        self.bit = bit
        self.include = include
        self.matches = _any_of([pattern.matcher for pattern in patterns])


def _any_of(matchers: list[Matcher]) -> Callable[[str, str], bool]:
    """Whether one of them matches a path with this last part. Called for every file there is."""
    exact = frozenset(one.exact for one in matchers if one.exact is not None)
    names = frozenset(one.name for one in matchers if one.name is not None)
    tail = _joined(one.tail for one in matchers)
    regex = _joined(one.regex for one in matchers)
    loose = _joined(one.loose for one in matchers)

    def matches(path: str, name: str) -> bool:
        return (
            name in names
            or path in exact
            or (tail is not None and tail.match(name) is not None and "\n" not in path[: -len(name)])
            or (regex is not None and regex.match(path) is not None)
            or (loose is not None and loose.search(path) is not None)
        )

    return matches


def _joined(regexes: Iterable[str | None]) -> re.Pattern[str] | None:
    found = [f"(?:{regex})" for regex in regexes if regex is not None]
    return re.compile("|".join(found), re.ASCII) if found else None


def parse_ignore(text: str, where: str = ".dockerignore") -> IgnoreRules:
    """Parse an ignore file. Raises IgnorePatternError with the line."""
    patterns = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        # A comment is a line whose first character is #: leading spaces make it a pattern.
        if line.startswith("#"):
            continue
        try:
            pattern = _pattern(line.removesuffix("\r"))
        except BadPattern as error:
            raise IgnorePatternError(
                f"{line.strip()[:80]!r} is no pattern", where=f"{where}:{number}", details=(str(error),)
            ) from None
        if pattern is not None:
            patterns.append(pattern)
    return IgnoreRules(tuple(patterns))


@functools.cache
def _pattern(line: str) -> Pattern | None:
    if len(line.encode()) > _LINE_LIMIT:
        raise BadPattern("the line is too long")
    word = line.strip(_SPACE)
    if re.search(_INVISIBLE, word):
        raise BadPattern("it holds a character that cannot be seen; lines end in a line feed")
    # As a line of the file ...
    include = word.startswith("!")
    if include:
        word = word[1:].strip(_SPACE)
    if word:
        word = _clean(word)
        word = word[1:] if len(word) > 1 and word.startswith("/") else word
    # ... and again as a pattern: what has become `!` by now counts too.
    word = f"!{word}" if include else word
    word = word.strip(_SPACE)
    if not word:
        return None
    word = _clean(word)
    include = word.startswith("!")
    word = word.removeprefix("!")
    if not word:
        raise BadPattern("an exclamation mark alone")
    return Pattern(text=word, include=include, matcher=matcher(word))


def _clean(word: str) -> str:
    """Go's filepath.Clean. POSIX leaves the meaning of two leading slashes open, and Python keeps them."""
    cleaned = posixpath.normpath(word)
    return cleaned[1:] if cleaned.startswith("//") else cleaned
