""".dockerignore semantics as BuildKit applies them.

Source of the rules: the Dockerfile reference, ".dockerignore file", and Go's path.Match for a pattern's
own syntax. The last pattern that matches a path or one of its parents decides.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from functools import lru_cache

from shipyard.errors import ShipyardError


class IgnorePatternError(ShipyardError):
    """A line of an ignore file that is no pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One line: what it matches, and whether it re-includes (`!`)."""

    text: str
    include: bool
    regex: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRules:
    """The patterns of one ignore file, in order."""

    patterns: tuple[Pattern, ...]

    def ignored(self, path: str) -> bool:
        """Whether a path, relative to the context and with slashes, is left out."""
        parts = path.split("/")
        candidates = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        out = False
        for pattern in self.patterns:
            if pattern.include == out and any(map(pattern.regex.match, candidates)):
                out = not pattern.include
        return out

    def prunable(self, folder: str) -> bool:
        """Whether nothing below an ignored folder can be included again."""
        prefix = folder + "/"
        for pattern in self.patterns:
            if pattern.include:
                literal = pattern.text.removesuffix("/**").removesuffix("**").removesuffix("/")
                if any(char in literal for char in "*?[]^\\") or (literal + "/").startswith(prefix):
                    return False
        return True


def parse_ignore(text: str, where: str = ".dockerignore") -> IgnoreRules:
    """Parse an ignore file. Raises IgnorePatternError with the line."""
    patterns = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        # A comment is a line whose first character is #: leading spaces make it a pattern.
        if line.startswith("#"):
            continue
        word = line.strip()
        if not word:
            continue
        include = word.startswith("!")
        if include:
            word = word[1:].strip()
            if not word:
                raise IgnorePatternError("an exclamation mark alone is no pattern", where=f"{where}:{number}")
        cleaned = _clean(word)
        try:
            patterns.append(Pattern(text=cleaned, include=include, regex=_compiled(cleaned)))
        except re.error:
            hint = "brackets must be closed, as in [a-z]"
            raise IgnorePatternError(
                f"{word!r} is no pattern", where=f"{where}:{number}", hint=hint
            ) from None
    return IgnoreRules(patterns=tuple(patterns))


def _clean(word: str) -> str:
    """Go's filepath.Clean, then without a leading slash."""
    cleaned = posixpath.normpath(word)
    if cleaned.startswith("//"):
        cleaned = cleaned[1:]
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    out = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if pattern.startswith("**", index):
            index += 2
            if pattern.startswith("/", index):
                index += 1
            out.append(".*" if index >= len(pattern) else "(?:.*/)?")
            continue
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and index + 1 < len(pattern):
            index += 1
            out.append(re.escape(pattern[index]))
        elif char == "[":
            end = _class_end(pattern, index)
            inner = pattern[index + 1 : end].replace("[", "\\[")
            out.append(f"[{inner}]")
            index = end
        else:
            out.append(re.escape(char))
        index += 1
    return re.compile("".join(out) + r"\Z", re.DOTALL)


def _class_end(pattern: str, start: int) -> int:
    index = start + 1
    if pattern.startswith("^", index):
        index += 1
    while index < len(pattern):
        if pattern[index] == "\\":
            index += 1
        elif pattern[index] == "]" and index > start + 1:
            return index
        index += 1
    raise re.error("missing ]")
