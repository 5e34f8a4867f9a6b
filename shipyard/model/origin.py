"""Where a value of the merged manifest comes from."""

from __future__ import annotations

from typing import Literal

from shipyard.model.record import Record

Path = tuple[str | int, ...]
"""A place in a TOML document: keys and list indexes, such as ("services", "web", "publish", 0)."""


class Origin(Record):
    """`path` is the place in shipyard.toml that set the value (a stage's section for an override);
    `via` names the service a value was taken from by `like`."""

    kind: Literal["manifest", "stage", "like", "default"]
    path: Path = ()
    stage: str | None = None
    via: str | None = None
