"""Go's regular expressions, as far as a pattern of an ignore file can become one, in Python's syntax.

Source of the rules: the reference of Go's regexp/syntax. Differences from Python's that matter here: `{`
that begins no repetition is literal, `$` is the end of the text alone, `\\s` leaves out the vertical tab.
"""

from __future__ import annotations

import re

_CHARACTERS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SETS = {"d": r"\d", "D": r"\D", "w": r"\w", "W": r"\W", "s": r"\t\n\f\r ", "S": r"\S\v"}
"""What stands for each between brackets."""
_PLACES = {"A": r"\A", "z": r"\Z", "b": r"\b", "B": r"\B"}
_REPEAT = r"\{(\d+)(?:,(\d*))?\}"
_REPEAT_LIMIT = 1000


class BadRegex(ValueError):
    """Go refuses it, or it uses what is not translated: octal and hexadecimal escapes, Unicode classes,
    POSIX classes, \\Q. The text says why."""


def translate(text: str) -> str:
    """The same expression, one behind a ^, for Python's re with the flag ASCII. Raises BadRegex."""
    made: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "[":
            part, at = _class(text, at + 1)
        elif char == "\\":
            part, at = _escape(text[at + 1]), at + 2
        elif found := re.compile(_REPEAT).match(text, at):
            if max(int(number or 0) for number in found.groups()) > _REPEAT_LIMIT:
                raise BadRegex(f"{found[0]} repeats too often")
            # An anchor as often as you like is an anchor.
            part, at = "" if _anchor(made) and int(found[1]) else found[0], found.end()
        else:
            part, at = char if char in ".*?()|^" else re.escape(char), at + 1
        made.append(part)
    regex = "".join(made)
    try:
        re.compile(regex)
    except re.error as error:
        raise BadRegex(f"it is no regular expression: {error.msg}") from None
    return regex


def _anchor(made: list[str]) -> bool:
    """Whether what was read last, or an expression's beginning, is one."""
    return not made or made[-1] == "^"


def _escape(char: str) -> str:
    if char in _SETS:
        return f"[{_SETS[char]}]"
    return _PLACES.get(char) or re.escape(_character(char))


def _character(char: str) -> str:
    """What a backslash with this character stands for."""
    if char in _CHARACTERS:
        return _CHARACTERS[char]
    if char.isalnum() or not char.isascii():
        raise BadRegex(f"\\{char} stands for nothing")
    return char


def _class(text: str, at: int) -> tuple[str, int]:
    """A class whose bracket was read: (the class, where it ends)."""
    negated = text.startswith("^", at)
    at += negated
    made: list[str] = []
    first = True
    while first or not text.startswith("]", at):
        first = False
        if text.startswith("[:", at) and ":]" in text[at:]:
            raise BadRegex("classes by name are not supported")
        if text.startswith("\\", at) and text[at + 1 : at + 2] in _SETS:
            made.append(_SETS[text[at + 1]])
            at += 2
            continue
        low, at = _member(text, at)
        high = low
        if text.startswith("-", at) and not text.startswith("-]", at):
            high, at = _member(text, at + 1)
        if high < low:
            raise BadRegex(f"{low}-{high} is the wrong way round")
        made.append(re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' if negated else ''}{''.join(made)}]", at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    if text.startswith("\\", at) and at + 1 < len(text):
        return _character(text[at + 1]), at + 2
    if at >= len(text):
        raise BadRegex("a bracket is not closed")
    return text[at], at + 1
