"""What an engine keeps of images and volumes."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.record import Record, field


class StoredImage(Record):
    """`references` are its names with tags, none when it is dangling; `repository` the one that it was built
    for, "" for what Shipyard did not build; `size` bytes with all its layers, `own` those of layers that no
    other image has; `users` the names of containers, running or not, made of it."""

    id: str
    references: tuple[str, ...]
    repository: str
    size: int
    own: int
    users: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


class Layer(Record):
    """`size` is bytes on disk, `made_by` the instruction as the image records it, "" where it does not."""

    size: int
    made_by: str


class LayeredImage(Record):
    """An image of `services`. `layers` from the base up, None when it is not there; `note` what there is to
    say of that."""

    name: str
    services: tuple[str, ...]
    layers: tuple[Layer, ...] | None
    note: str = ""


class StoredFolder(Record):
    """`owner` is uid and gid, `mode` the permission bits."""

    owner: tuple[int, int]
    mode: int


class StoredVolume(Record):
    """`size` is bytes, None where the driver does not tell; `folder` is its own, None where no container
    shows it; `users` the names of the containers that mount it, running or not."""

    name: str
    size: int | None
    folder: StoredFolder | None
    users: tuple[str, ...]
