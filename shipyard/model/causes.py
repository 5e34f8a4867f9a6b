"""Why an operation is done. Types only."""

from __future__ import annotations

from typing import ClassVar, Literal

from shipyard.model.record import Record


class FieldCause(Record):
    """A declared value changed. `before`/`after` are JSON values; both None when `sensitive`."""

    kind: ClassVar[str] = "field"
    path: str
    before: object = None
    after: object = None
    sensitive: bool = False


class FilesCause(Record):
    """Files that reach the image changed; a path with a trailing slash stands for a folder."""

    kind: ClassVar[str] = "files"
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ImageCause(Record):
    """The image is made anew, by the operation with the id `by`."""

    kind: ClassVar[str] = "image"
    by: str | None
    before: str | None = None
    after: str | None = None


class DriftCause(Record):
    """What runs is not what was recorded."""

    kind: ClassVar[str] = "drift"
    path: str
    declared: object
    found: object


Reason = Literal[
    "new", "removed", "renamed", "missing", "dependency", "first-run", "forced", "interrupted", "unused"
]


class ReasonCause(Record):
    """A cause without values: `reason` is one of a fixed set of words, `text` the sentence for people."""

    kind: ClassVar[str] = "reason"
    reason: Reason
    text: str


Cause = FieldCause | FilesCause | ImageCause | DriftCause | ReasonCause
