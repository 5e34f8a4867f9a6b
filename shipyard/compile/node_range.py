"""Ranges of Node versions, as package.json writes them (node-semver's grammar), asked for whole majors: the
base image of a major is its newest release, and stands for it."""

from __future__ import annotations

import re

_NEWEST = 1_000_000
_COMPARATOR = r"(>=|<=|>|<|=|\^|~>?)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][\w.+-]+)?"


class NotARange(Exception):
    """A text that is no range."""


def allows(text: str, major: int) -> bool:
    """Whether the newest release of a major is within a range; one that names exact releases of a major
    means that major. Raises NotARange."""
    return any(_all(part, major) for part in text.split("||"))


def _all(text: str, major: int) -> bool:
    low, hyphen, high = text.strip().partition(" - ")
    if hyphen:
        text = f">={low} <={high}"
    rest, allowed = text.strip(), True
    while rest:
        match = re.match(_COMPARATOR, rest)
        if match is None:
            raise NotARange(text.strip())
        allowed = _one(match, major) and allowed
        rest = rest[match.end() :].lstrip(" ,")
    return allowed


def _one(match: re.Match[str], major: int) -> bool:
    operator, *parts = match.groups()
    if not parts[0].isdecimal():
        return True
    named = tuple(int(part) for part in parts if part and part.isdecimal())
    newest = (major, _NEWEST, _NEWEST)
    if operator == ">=":
        return newest >= named
    if operator == ">":
        # Nothing of a partial version is above it: >20 begins with 21.
        return newest > (*named, *(_NEWEST,) * (3 - len(named)))
    if operator == "<":
        return newest < named
    if operator == "<=":
        return newest <= (*named, *(_NEWEST,) * (3 - len(named)))
    return major == named[0]
