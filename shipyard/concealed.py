"""Secret values that this process has read, kept out of what it tells of the output of others.

A build, a before_deploy command or a container that fails may print what it was given; its last lines are
part of the error, which a CI keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SHORTEST = 6
"""Characters: what is shorter is in many words, and hides nothing where it stands for itself."""
STARS = "***"
_INNER = r"\bpassword\s+(\S+)|://[^/\s:@]*:([^/\s@]+)@"
"""Passwords inside of a value: those of a .netrc, and of a URL."""
_values: set[str] = set()
_forms: list[str] = []
_lines: set[str] = set()
"""Short lines of values that have several: the last one of a key."""


def conceal(values: Iterable[str]) -> None:
    """Have these values told as stars from now on, encoded as well: base64, URL, JSON."""
    for value in values:
        _values.add(value)
        if len(value) >= SHORTEST and len(lines := value.splitlines()) > 1:
            _lines.update(line.strip() for line in lines if 1 < len(line.strip()) < SHORTEST)
    _forms.clear()


def concealed(text: str) -> str:
    """The text with stars in the place of what was concealed."""
    if _values and not _forms:
        found = {form for value in _values for form in _all_forms(value)}
        _forms.extend(sorted(found, key=lambda form: (-len(form), form)))
    for form in _forms:
        text = text.replace(form, STARS)
    if _lines:
        text = re.sub(r"^([| ]*)(\S.*?)([ ]*)$", _line, text, flags=re.MULTILINE)
    return text


def _line(match: re.Match[str]) -> str:
    return f"{match[1]}{STARS}{match[3]}" if match[2] in _lines else match[0]


def _all_forms(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines(), *_passwords(value)):
        if len(part.strip()) >= SHORTEST:
            yield from _encoded(part.strip())


def _passwords(value: str) -> Iterator[str]:
    for match in re.finditer(_INNER, value):
        yield match[1] or match[2]


def _encoded(value: str) -> Iterator[str]:
    # Only where something is told: a plan that goes well loads none of these.
    import base64
    import json
    from urllib.parse import quote, quote_plus

    data = value.encode("utf-8", "surrogateescape")
    yield from (value, json.dumps(value)[1:-1], repr(value)[1:-1])
    yield from (quote(data), quote(data, safe=""), quote_plus(data))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Wherever it stands in what is encoded (`user:password`, say), these characters are its own.
        for before in range(3):
            bits = 8 * (before + len(data))
            yield encode(bytes(before) + data).decode()[-(-8 * before // 6) : bits // 6]
