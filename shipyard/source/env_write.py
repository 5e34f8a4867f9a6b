"""One value written into a .env file, so that read_env_file finds it again."""

from __future__ import annotations

import io
from pathlib import Path

from shipyard.errors import ShipyardError
from shipyard.whole_file import whole_file


def write_env_value(path: Path, name: str, value: str) -> None:
    """Put a value in the place of an earlier one of its name, or at the end; all else stays as it is. A new
    file is for its owner alone. Raises ShipyardError for a value that no line can hold."""
    if "\0" in value or "\r" in value:
        raise ShipyardError(
            f"the value of {name} holds a NUL or a carriage return, which a .env file cannot",
            where=path.name,
            hint="encode it in base64",
        )
    try:
        # With the ends of lines that it has.
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        with whole_file(path, mode) as file:
            file.write(with_value(text, name, value).encode())
    except OSError as error:
        raise ShipyardError(f"it cannot be written: {error.strerror}", where=path.name) from None


def with_value(text: str, name: str, value: str) -> str:
    """The file's text with the value in it."""
    from dotenv.parser import parse_stream

    end = "\r\n" if "\r\n" in text else "\n"
    line = f"{name}={_quoted(value)}{end}"
    parts: list[str] = []
    found = False
    for binding in parse_stream(io.StringIO(text, newline="")):
        original = binding.original.string
        if binding.key != name:
            parts.append(original)
        elif not found:
            # What stands before it, empty lines say, belongs to the text around it.
            parts.append(original[: len(original) - len(original.lstrip())] + line)
            found = True
    before = "".join(parts)
    if found:
        return before
    return before + (end if before and not before.endswith("\n") else "") + line


def _quoted(value: str) -> str:
    """Single quotes: nothing in them stands for anything else, but for these two."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
