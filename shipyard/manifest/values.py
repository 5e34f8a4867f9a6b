"""Single values: durations, sizes, commands and the like. Every function raises Invalid."""

from __future__ import annotations

import datetime
import re
import shlex
from typing import Literal

from shipyard.manifest.errors import Invalid
from shipyard.model.manifest import Template

_YEAR = 365 * 24 * 3600
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_DURATION = r"(?a)(\d{1,12}(?:\.\d{1,12})?)(ms|s|m|h)"
_SIZE = r"(?ai)(\d{1,18}(?:\.\d{1,12})?) ?([bkmgt]?)(?:i?b)?"
_POWERS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_CONTROL = r"[\x00-\x1f\x7f]"
_ASSIGNMENT = r"[A-Za-z_][A-Za-z0-9_]*="
_OPERATORS = frozenset("|&;<>$`*\n")
_HIGHEST_ID = 2**31 - 1
"""The engine takes no higher number for a user or a group (moby: pkg/user)."""
_OP = 'write it as in ["op", "read", "op://prod/{name}"]'
_MEMORY_MINIMUM = 6 * 1024 * 1024
"""Docker refuses a smaller limit (`docker run --memory`)."""


def line(value: object) -> str:
    """A text of one line that is not empty."""
    text = str(value)
    if not text.strip():
        raise Invalid("an empty text", "write a value or remove the key")
    control = re.search(_CONTROL, text)
    if control is not None:
        what = "a line break" if control.group() in "\r\n" else f"the control character {control.group()!r}"
        raise Invalid(f"{what} cannot be part of this text", "remove it")
    return text


def scalar(value: object) -> str:
    """A text, number or truth value as the text that a process sees."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def variable(value: object) -> Template:
    """The value of an environment variable; texts are Templates already."""
    return value if isinstance(value, tuple) else (scalar(value),)


def duration(value: object) -> float:
    """Seconds of "1m30s", "500ms" or a whole number of seconds."""
    if isinstance(value, int):
        seconds = float(min(value, _YEAR + 1))
    else:
        text = str(value)
        parts = re.findall(_DURATION, text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            hint = f'did you mean "{text}s"?' if text.isdecimal() else 'write it as in "10s", "5m" or "1m30s"'
            raise Invalid(f"{text!r} is no duration", hint)
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if not 0 <= seconds <= _YEAR:
        raise Invalid("a duration is between 0 and a year", 'write it as in "10s", "5m" or "1m30s"')
    return round(seconds, 9)


def interval(value: object) -> float:
    """Seconds, more than none."""
    seconds = duration(value)
    if seconds < 0.001:
        raise Invalid("this duration must be at least 1ms", 'write it as in "10s"')
    return seconds


def memory(value: object) -> int:
    """Bytes of "512M", "1.5G", "64kb" (units of 1024, as Docker's) or a whole number of bytes."""
    text = str(value)
    match = re.fullmatch(_SIZE, text)
    if match is None:
        raise Invalid(f"{text!r} is no amount of memory", 'write it as in "512M" or "1.5G"')
    number, unit = match.groups()
    size = (
        int(float(number) * 1024 ** _POWERS[unit.lower()])
        if "." in number
        else (int(number) * 1024 ** _POWERS[unit.lower()])
    )
    if size < _MEMORY_MINIMUM:
        hint = f'did you mean "{text}M"?' if text.isdecimal() else 'write it as in "512M"'
        raise Invalid(f"{text!r} is less than the 6 MiB that a container needs", hint)
    if size >= 2**63:
        raise Invalid(f"{text!r} is more than any machine has", 'write it as in "1.5G"')
    return size


def command(value: object) -> tuple[str, ...]:
    """Exec form: a list as it is, a text split as a shell does, or given to /bin/sh if it needs one."""
    words = entrypoint(value)
    if not words:
        raise Invalid("an empty command", "write what to run, or remove the key")
    return words


def provider(value: object) -> tuple[str, ...]:
    """The command that prints a secret's value: {name} stands for the secret."""
    words = command(value)
    if not any("{name}" in word for word in words):
        raise Invalid("the provider's command does not say which secret: {name} is in none of its words", _OP)
    return words


def entrypoint(value: object) -> tuple[str, ...]:
    """As `command`; the empty list is allowed and removes the image's entrypoint."""
    if isinstance(value, list):
        words = [str(word) for word in value if word is not None]
        if words and not words[0].strip():
            raise Invalid("the first word of a command is the program to run: it is empty", "name it")
        return tuple(words)
    text = str(value)
    try:
        words = shlex.split(text)
    except ValueError as error:
        reason = str(error).lower()
        raise Invalid(f"{text!r} cannot be split into words: {reason}", "close the quote") from None
    if not words or not words[0]:
        raise Invalid("an empty command", "write what to run, or remove the key")
    if needs_shell(text) or re.match(_ASSIGNMENT, text.lstrip()):
        return ("/bin/sh", "-c", text)
    return tuple(words)


def needs_shell(text: str) -> bool:
    """Whether a command means something to a shell beyond its words: an operator outside of quotes.

    As in any shell, $ and ` also work inside double quotes (POSIX shell, 2.2.3).
    """
    quote: Literal["", "'", '"'] = ""
    escaped = False
    for character in text.strip():
        if escaped:
            if character == "\n" or (quote and character in "$`"):  # where shlex and a shell differ
                return True
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            if character == quote:
                quote = ""
            elif quote == '"' and character in "$`":
                return True
        elif character == "'" or character == '"':
            quote = "'" if character == "'" else '"'
        elif character in _OPERATORS:
            return True
    return escaped  # what it escapes is the whitespace at the end


def user(value: object) -> str:
    """`user` or `user:group`, by name or number."""
    text = line(value)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?", text):
        raise Invalid(f"{text!r} is no user", 'write it as in "10001" or "999:999"')
    for part in text.split(":"):
        if part.isdecimal() and int(part) > _HIGHEST_ID:
            raise Invalid(f"{part} is no number of a user or group", f"they end at {_HIGHEST_ID}")
    return text


def restart(value: object) -> str:
    text = line(value)
    if not re.fullmatch(r"no|always|unless-stopped|on-failure(:[0-9]{1,9})?", text):
        raise Invalid(
            f"{text!r} is no restart policy", "there are no, always, unless-stopped, on-failure, on-failure:3"
        )
    return text


def python(value: object) -> str:
    text = line(value)
    if not re.fullmatch(r"[0-9]+\.[0-9]+(\.[0-9]+)?", text):
        raise Invalid(f"{text!r} is no Python version", 'write it as in "3.13" or "3.13.1"')
    return text


def package(value: object) -> str:
    """A Debian package's name (Debian policy 5.6.1), with an architecture or version if need be."""
    text = line(value)
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~-]+)?", text):
        raise Invalid(f"{text!r} is no Debian package", 'write it as in "libmagic1"')
    return text


def soname(value: object) -> str:
    """The name by which a shared library is linked to."""
    text = line(value)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*\.so[A-Za-z0-9_.+-]*", text):
        raise Invalid(f"{text!r} is no shared library", 'write its name as in "libpq.so.5"')
    return text


def extra(value: object) -> str:
    """The name of an extra or a dependency group (packaging specification "Names and normalization")."""
    text = line(value)
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text):
        raise Invalid(f"{text!r} is no name of an extra or a group", "letters, digits and . _ - between them")
    return text


def moment(value: object) -> str:
    """A date, or a time by RFC 3339."""
    text = line(value)
    pattern = r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?"
    try:
        known = re.fullmatch(pattern, text, re.ASCII) and datetime.date.fromisoformat(text[:10])
    except ValueError:
        known = None
    if not known:
        raise Invalid(f"{text!r} is no date", 'write it as in "2024-05-01" or "2024-05-01T12:00:00Z"')
    return text


def host(value: object) -> str:
    """`name:address` or `name=address`."""
    text = line(value)
    match = re.fullmatch(r"[A-Za-z0-9._-]+[:=]([^\s=]+)", text)
    if not match:
        raise Invalid(f"{text!r} is no host entry", 'write it as in "db.internal:10.0.0.5"')
    if not is_host_address(match[1]):
        raise Invalid(f"{match[1]!r} is no IP address", 'write it as in "db.internal:10.0.0.5"')
    return text


def is_host_address(text: str) -> bool:
    """An address of IPv4, or of IPv6 with or without brackets and of no zone; or host-gateway, the engine's
    machine (docker run --add-host)."""
    import ipaddress

    if text == "host-gateway":
        return True
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return "%" not in text


def url_path(value: object) -> str:
    text = line(value)
    if not text.startswith("/") or " " in text:
        raise Invalid(f"{text!r} is no path of a URL", 'write it as in "/healthz"')
    if not text.isascii():
        from urllib.parse import quote

        encoded = quote(text, safe="/?=&%;:@!$'()*+,~#[]")
        raise Invalid(f"{text!r} has characters that a URL wants encoded", f'write "{encoded}"')
    return text


def word(value: object) -> str:
    """A text without blanks that no program takes for an option."""
    text = line(value)
    if text.startswith("-") or re.search(r"\s", text):
        raise Invalid(f"{text!r} is not one word", "remove blanks and leading dashes")
    return text
