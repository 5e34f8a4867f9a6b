"""One pattern of an ignore file, compiled to what BuildKit makes of it.

Source of the rules: moby/patternmatcher, by which Docker's clients filter a build context. It checks a
pattern with Go's filepath.Match, then compares it as text or as a regular expression made from it, in
which `[*]`, `{2}`, `|` and `\\d` mean more than they look like: that is followed here, step by step.
"""

from __future__ import annotations

import re

from shipyard.model.record import Record
from shipyard.source.go_regex import BadRegex, translate

_CHARACTER = r"(?:\\.|[^\\\]\-])"
_CLASS = rf"\[(?:\^|(?!\^))(?:{_CHARACTER}(?:-{_CHARACTER})?)+\]"
_ONE = rf"(?s)\\.|{_CLASS}"
_WELL_FORMED = rf"(?s)(?:\\.|[^\\\[]|{_CLASS})*"
_CHUNK = r"(?s)\**((?:\\.?|\[(?:\\.?|[^\\\]])*\]?|[^\\\[*])*)"
_LAST_PART = r"\*\*/?(?!.*\*\*)[^/\[\\^]*"
_ESCAPED = frozenset(".+()$")
_FOLDERS = "(.*/)?"


class BadPattern(ValueError):
    """It is no pattern; the text says why."""


class Matcher(Record):
    """What a path must be: `exact`, or one whose last part is `name`, or one that a regular expression
    matches: `regex` from its start, `tail` its last part if there is no line feed before that, `loose`
    from anywhere. One is set."""

    exact: str | None = None
    name: str | None = None
    regex: str | None = None
    tail: str | None = None
    loose: str | None = None


def matcher(pattern: str) -> Matcher:
    """Compile a cleaned pattern without its `!`. Raises BadPattern."""
    if re.search(r"(?<!\\)(?:\\\\)*\\\Z", pattern):
        raise BadPattern("a backslash at the end stands for nothing")
    try:
        _check(pattern)
        kind, text = _expression(pattern)
        regex = translate(text) if kind == "regex" else ""
    except BadRegex as error:
        raise BadPattern(str(error)) from None
    if kind == "exact":
        return Matcher(exact=pattern)
    if kind == "prefix":
        return Matcher(regex=re.escape(pattern[:-2]))
    if kind == "suffix":
        return _suffix(pattern[2:])
    if "|" in text:
        # Not in parentheses, an alternative takes ^ and $ to its own side: these match more than a path.
        return Matcher(loose=rf"\A{regex}\Z")
    if re.fullmatch(_LAST_PART, pattern):
        return Matcher(tail=rf"{regex.removeprefix(_FOLDERS)}\Z")
    return Matcher(regex=rf"{regex}\Z")


def _check(pattern: str) -> None:
    """Raise BadPattern for what filepath.Match refuses when asked whether the pattern matches a dot: it
    reads up to a star, and up to the next when the dot is matched by then."""
    for _ in range(2):
        found = re.match(_CHUNK, pattern)
        assert found is not None
        chunk = found[1]
        if not re.fullmatch(_WELL_FORMED, chunk):
            raise BadPattern("brackets must be closed and hold something, as in [a-z]")
        dot = re.fullmatch(translate(chunk), ".") if re.fullmatch(_ONE, chunk) else chunk in (".", "?")
        if not dot:
            return
        pattern = pattern[found.end() :]


def _expression(pattern: str) -> tuple[str, str]:
    """(how a pattern is compared, the regular expression of Go's that is made of it)."""
    kind, made = "exact", ""
    at, first = 0, True
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            at += 2 if pattern.startswith("/", at + 1) else 1
            if at < len(pattern):
                kind, made = "regex", made + _FOLDERS
            elif kind == "exact":
                kind = "prefix"
            else:
                kind, made = "regex", made + ".*"
            kind = "suffix" if first else kind
        elif char == "*":
            kind, made = "regex", made + "[^/]*"
        elif char == "?":
            kind, made = "regex", made + "[^/]"
        elif char == "\\":
            kind, made = "regex", made + char + pattern[at]
            at += 1
        elif char in "[]":
            kind, made = "regex", made + char
        else:
            made += f"\\{char}" if char in _ESCAPED else char
        first = False
    return kind, made


def _suffix(suffix: str) -> Matcher:
    if not suffix.startswith("/"):
        return Matcher(regex=rf"(?s:.*){re.escape(suffix)}\Z")
    if "/" not in suffix[1:]:
        return Matcher(name=suffix[1:])
    return Matcher(regex=rf"(?s:.*/)?{re.escape(suffix[1:])}\Z")
