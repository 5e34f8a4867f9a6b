"""Poetry's version constraints, as version specifiers and as markers.

Source: Poetry's documentation, "Dependency specification": caret, tilde and wildcard beside the usual
operators, a comma or a blank between those that all hold, `||` between alternatives.
"""

from __future__ import annotations

import re

from shipyard.managers.project import PROJECT, ProjectError

_PART = r"\s*(\^|~=|~|===?|!=|>=|<=|>|<)?\s*v?([0-9][A-Za-z0-9.*+!_-]*|\*)\s*,?"


def alternatives(constraint: str) -> list[list[tuple[str, str]]]:
    """(operator, version) pairs: any of the lists, all of what is in it. Raises ValueError."""
    found = []
    for option in re.split(r"\|\|?", constraint):
        pairs: list[tuple[str, str]] = []
        at = 0
        text = option.strip()
        while at < len(text):
            match = re.compile(_PART).match(text, at)
            if match is None:
                raise ValueError(constraint)
            pairs += _pairs(match[1] or "", match[2])
            at = match.end()
        found.append(pairs)
    return found


def allows(constraint: str, version: str) -> bool:
    """Whether a version fits. What cannot be read fits."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        sets = [
            SpecifierSet(",".join(operator + bound for operator, bound in pairs))
            for pairs in alternatives(constraint)
        ]
        return any(one.contains(version, prereleases=True) for one in sets)
    except (ValueError, InvalidSpecifier):
        return True


def python_marker(constraint: str) -> str:
    """The environment marker of a constraint on the Python version. Raises ValueError."""
    options = []
    for pairs in alternatives(constraint):
        parts = [
            f"{'python_full_version' if version.count('.') > 1 else 'python_version'} {operator} '{version}'"
            for operator, version in pairs
        ]
        if not parts:
            return ""
        options.append(" and ".join(parts))
    return options[0] if len(options) == 1 else " or ".join(f"({option})" for option in options)


def _pairs(operator: str, version: str) -> list[tuple[str, str]]:
    if version == "*":
        return []
    if operator in ("^", "~"):
        numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
        release = [int(part) for part in numbers[0].split(".")] if numbers else [0]
        return [(">=", version), ("<", _above(operator, release))]
    if operator in ("", "=", "==") and version.endswith(".*"):
        return [("==", version)]
    return [(operator if operator not in ("", "=") else "==", version)]


def _above(operator: str, release: list[int]) -> str:
    """The first version that is too new."""
    if operator == "~":
        at = min(1, len(release) - 1)
    else:
        # The leftmost number that is not zero stays; of all zeros the last one written.
        at = next((index for index, number in enumerate(release) if number), len(release) - 1)
    return ".".join(map(str, [*release[:at], release[at] + 1]))


def python_specifier(python: object) -> str | None:
    """A constraint on Python as a version specifier; of alternatives none is said. Raises ProjectError."""
    try:
        options = alternatives(str(python)) if python else []
    except ValueError:
        raise ProjectError(f"python = {python!r} is no version constraint", where=PROJECT) from None
    if len(options) != 1 or not options[0]:
        return None
    return ",".join(operator + version for operator, version in options[0])
