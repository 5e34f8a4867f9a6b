"""Why an operation is done. Types only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCause:
    """A declared value changed. `before`/`after` are JSON values; both None when `sensitive`."""

    kind: ClassVar[str] = "field"
    path: str
    before: object = None
    after: object = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesCause:
    """Files that reach the image changed; a path with a trailing slash stands for a folder."""

    kind: ClassVar[str] = "files"
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCause:
    """The image is made anew, by the operation with the id `by`."""

    kind: ClassVar[str] = "image"
    by: str | None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCause:
    """What runs is not what was recorded."""

    kind: ClassVar[str] = "drift"
    path: str
    declared: object
    found: object


Reason = Literal[
    "new", "removed", "renamed", "missing", "dependency", "first-run", "forced", "interrupted", "unused"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCause:
    """A cause without values: `reason` is one of a fixed set of words, `text` the sentence for people."""

    kind: ClassVar[str] = "reason"
    reason: Reason
    text: str


Cause = FieldCause | FilesCause | ImageCause | DriftCause | ReasonCause
