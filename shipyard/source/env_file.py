"""A .env file: names and values, one on each line, as python-dotenv reads them."""

from __future__ import annotations

from pathlib import Path

from shipyard.errors import ShipyardError


def read_env_file(path: Path) -> dict[str, str | None]:
    """Values by name, None for a name without `=`; the last of a name counts. No file is no values.

    Nothing is put in place of `$NAME`: a password with a dollar sign stays what it is. Raises ShipyardError
    for a file that is not UTF-8 and for a line that does not parse, whose text may be a secret and is not
    shown.
    """
    if not path.is_file():
        return {}
    from dotenv.parser import parse_stream

    values: dict[str, str | None] = {}
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for binding in parse_stream(stream):
                if binding.error:
                    raise ShipyardError(
                        "this line cannot be parsed",
                        where=f"{path.name}:{binding.original.line}",
                        hint="write NAME=value, a value with spaces or # in quotes, each quote closed",
                    )
                if binding.key is not None:
                    values[binding.key] = binding.value
    except (OSError, UnicodeDecodeError) as error:
        raise ShipyardError(
            "the file cannot be read as UTF-8", where=path.name, hint="mend it or move it away"
        ) from error
    return values
