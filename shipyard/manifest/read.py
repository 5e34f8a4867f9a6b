"""Find, read and parse the file itself."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

from shipyard.manifest.errors import MANIFEST, ManifestError
from shipyard.model.record import Record

LIMIT = 1024 * 1024
"""Bytes. A manifest is written by people; anything larger is another file by mistake."""

_POSITION = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"


class Source(Record):
    """The file as it is: its bytes, its text and the TOML document in it."""

    data: bytes
    text: str
    document: dict[str, object]


def find_root(start: Path) -> Path:
    """The nearest folder with a shipyard.toml, from `start` upwards. Raises ManifestError."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / MANIFEST).exists():
            return folder
        if (folder / MANIFEST).is_symlink():
            raise ManifestError(
                f"{folder / MANIFEST} is a link to {(folder / MANIFEST).readlink()}, which leads nowhere",
                hint="mend the link, or remove it and run `shipyard init`",
            )
    raise ManifestError(
        f"no {MANIFEST} in {start} or any folder above it",
        hint="run `shipyard init` in the project's folder to write one",
    )


def read(root: Path) -> Source:
    """Read `root`/shipyard.toml. Raises ManifestError."""
    data = _bytes(root / MANIFEST)
    text = _text(data)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ManifestError(
            "lists or tables are nested too deeply", where=MANIFEST, hint="flatten them"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise _bad_toml(str(error), text) from None
    except ValueError:
        raise ManifestError(
            "a number has thousands of digits", where=MANIFEST, hint="write it as a text, in quotes"
        ) from None
    _check_numbers(document)
    return Source(data=data, text=text, document=document)


def _check_numbers(document: dict[str, object]) -> None:
    """TOML's integers have 64 bits; Python's reader takes any, and one of thousands of digits is no text.
    Raises ManifestError."""
    left: list[object] = [document]
    while left:
        value = left.pop()
        if isinstance(value, int) and value.bit_length() > 64:
            raise ManifestError(
                "a number is larger than 64 bits", where=MANIFEST, hint="write it as a text, in quotes"
            )
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "not a file"
            raise ManifestError(
                f"{MANIFEST} is {kind}", where=str(path), hint="put the manifest in its place"
            )
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise ManifestError(
            f"there is no {MANIFEST}", where=str(path.parent), hint="run `shipyard init` to write one"
        ) from None
    except OSError as error:
        raise ManifestError(
            f"cannot read {MANIFEST}: {error.strerror}", where=str(path), hint="look at its permissions"
        ) from None
    if len(data) > LIMIT:
        raise ManifestError(f"{MANIFEST} is larger than 1 MiB", where=str(path), hint="is it the right file?")
    return data


def _text(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise ManifestError(
            "the file begins with a byte order mark, which TOML does not allow",
            where=f"{MANIFEST}:1",
            hint='save it as UTF-8 "without BOM"',
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            where=f"{MANIFEST}:{line}",
            hint="save it as UTF-8",
        ) from None


def _bad_toml(message: str, text: str) -> ManifestError:
    where = MANIFEST
    position = re.search(_POSITION, message)
    if position is not None:
        message = message[: position.start()]
        line, column = position.groups()
        # "At end of document" is the last line with something on it.
        where += f":{line}:{column}" if line else f":{max(1, text.rstrip().count(chr(10)) + 1)}"
    if message == "Illegal character '\\n'":
        message = "a text is not closed on its line"
    return ManifestError(
        f"not valid TOML: {message[:1].lower()}{message[1:]}",
        where=where,
        hint="see https://toml.io/en/v1.0.0",
    )
