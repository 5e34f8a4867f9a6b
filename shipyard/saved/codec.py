"""Model types to JSON values and back."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shipyard.errors import ShipyardError
from shipyard.model.manifest import Health, Publish, SecretRef

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")
LIMIT = 64 * 1024 * 1024
"""Bytes of the largest file that is read: a plan of thousands of services has a tenth of it."""


class SavedFileError(ShipyardError):
    """A file that Shipyard wrote is damaged, or is none of its own."""


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    converter.register_unstructure_hook(Path, str)
    # By predicate: as a class, object would stand for every type there is.
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook(int | str, lambda value, _: value)
    converter.register_structure_hook(
        str | SecretRef,
        lambda value, _: value if isinstance(value, str) else converter.structure(value, SecretRef),
    )
    converter.register_structure_hook(
        Health | Literal[False] | None,
        lambda value, _: value if value in (None, False) else converter.structure(value, Health),
    )
    converter.register_structure_hook(
        tuple[Publish, ...] | None,
        lambda value, _: None if value is None else tuple(converter.structure(one, Publish) for one in value),
    )
    return converter


def to_values(value: object) -> Any:
    """JSON values that hold a model type."""
    return _converter().unstructure(value)


def from_values(values: object, kind: type[T], where: str) -> T:
    """The model type again. Raises SavedFileError."""
    from cattrs.errors import BaseValidationError

    try:
        return _converter().structure(values, kind)
    except (BaseValidationError, TypeError, ValueError, KeyError, AttributeError):
        raise damaged(where) from None


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
    written = path.with_name(f".{path.name}.part")
    try:
        written.unlink(missing_ok=True)
        written.touch(mode=0o600)
        written.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.replace(path)
    except OSError as error:
        written.unlink(missing_ok=True)
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
