"""Model types to JSON values and back."""

from __future__ import annotations

import json
from functools import cache, reduce
from operator import or_
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from shipyard.errors import ShipyardError
from shipyard.model.record import Record, asdict
from shipyard.whole_file import whole_file

T = TypeVar("T")
LIMIT = 64 * 1024 * 1024
"""Bytes of the largest file that is read: a plan of thousands of services has a tenth of it."""


class SavedFileError(ShipyardError):
    """A file that Shipyard wrote is damaged, or is none of its own."""


def to_values(value: object) -> Any:
    """JSON values that hold a model type."""
    return msgspec.to_builtins(value, enc_hook=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))


def from_values(values: object, kind: type[T], where: str) -> T:
    """The model type again. Raises SavedFileError."""
    try:
        return cast(T, _record(msgspec.convert(values, _checked(kind), dec_hook=_special)))
    except (msgspec.ValidationError, RecursionError):
        raise damaged(where) from None


def _special(kind: type, value: object) -> object:
    """What JSON has no type for: a path, and any value at all."""
    return Path(str(value)) if kind is Path else value


def _checked(hint: Any) -> Any:
    """A type with the records in it as msgspec's structs, which check what is read."""
    if isinstance(hint, type) and issubclass(hint, Record):
        return _struct(hint)
    kind, inner = get_origin(hint), get_args(hint)
    if not inner or kind is Literal:
        return hint
    parts = tuple(map(_checked, inner))
    return reduce(or_, parts) if kind in (Union, UnionType) else kind[parts]


@cache
def _struct(kind: type[Record]) -> type[msgspec.Struct]:
    hints = {name: _checked(hint) for name, hint in get_type_hints(kind).items()}
    fields = [
        (name, hints[name], kind.defaults[name]) if name in kind.defaults else (name, hints[name])
        for name in kind.fields
    ]
    made = msgspec.defstruct(kind.__name__, fields, kw_only=True, forbid_unknown_fields=True)
    _RECORDS[made] = kind
    return made


_RECORDS: dict[type[msgspec.Struct], type[Record]] = {}
"""By the structs that stand for them."""


def _record(value: Any) -> Any:
    """What was read, with its records."""
    match value:
        case msgspec.Struct():
            fields = msgspec.structs.asdict(value)
            return _RECORDS[type(value)](**{name: _record(one) for name, one in fields.items()})
        case tuple() | list():
            return type(value)(map(_record, value))
        case dict():
            return {name: _record(one) for name, one in value.items()}
    return value


def read_document(path: Path, kind: str) -> dict[str, Any]:
    """The JSON object in a file that says it is of this kind. Raises SavedFileError."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
        document = json.loads(data) if len(data) <= LIMIT else None
    except OSError as error:
        raise SavedFileError(f"the file cannot be read: {error.strerror}", where=where) from None
    except (ValueError, RecursionError):
        raise damaged(where) from None
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise SavedFileError(f"this is no {kind}", where=where, hint=_MAKE[kind])
    return document


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a file for its owner alone, whole or not at all. Raises SavedFileError."""
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    try:
        with whole_file(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise SavedFileError(f"the file cannot be written: {error.strerror}", where=str(path)) from None


def damaged(where: str) -> SavedFileError:
    return SavedFileError("the file is damaged", where=where, hint="make it anew")


PLAN = "shipyard plan"
OBSERVATION = "shipyard observation"
IMAGES = "shipyard images"
_MAKE = {
    PLAN: "make one with `shipyard plan --out FILE`",
    OBSERVATION: "make one with `shipyard observe --out FILE`",
    IMAGES: "make one with `shipyard build --push --out FILE`",
}
