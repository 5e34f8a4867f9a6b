"""What is in the volumes of a deployment: how much, and whose. Reads only."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.lists import CONTAINERS
from shipyard.engine.objects import EngineError, Objects
from shipyard.model.stored import StoredFolder, StoredVolume

COUNTING = 600.0
"""Seconds in which the engine has to have looked at every file of every volume."""


def stored_volumes(
    connection: Connection, ownership: Mapping[str, str], declared: Collection[str]
) -> tuple[StoredVolume, ...]:
    """Those with the labels of the deployment and those of the declared names, by name; what Shipyard keeps
    for itself is none of them.

    Raises EngineUnreachable, EngineRefused.
    """
    reader = connection.reader(COUNTING)
    try:
        usage, containers = reader.get_each(["/system/df?type=volume", CONTAINERS])
    finally:
        reader.close()
    objects = Objects(connection)
    try:
        return tuple(
            _stored(volume, containers, objects)
            for volume in sorted(usage.get("Volumes") or (), key=lambda one: str(one["Name"]))
            if volume["Name"] in declared or _of_services(volume.get("Labels"), ownership)
        )
    finally:
        objects.close()


def _of_services(found: Mapping[str, str] | None, ownership: Mapping[str, str]) -> bool:
    return labels.owned(found, ownership) and labels.ROLE not in (found or {})


def _stored(volume: Mapping[str, Any], containers: list[Any], objects: Objects) -> StoredVolume:
    name = volume["Name"]
    mounted = [
        (container, mount["Destination"])
        for container in containers
        for mount in container.get("Mounts") or ()
        if mount.get("Name") == name
    ]
    size = (volume.get("UsageData") or {}).get("Size", -1)
    return StoredVolume(
        name=name,
        size=None if size < 0 else size,
        folder=stored_folder(objects, mounted[0][0]["Id"], mounted[0][1]) if mounted else None,
        users=tuple(sorted(container["Names"][0].lstrip("/") for container, _ in mounted)),
    )


def stored_folder(objects: Objects, container: str, place: str) -> StoredFolder | None:
    """A folder of a container, running or not, by the first entry of its archive, which it is; None where
    there is none. Raises EngineError for an engine that does not answer."""
    try:
        with tarfile.open(fileobj=_Stream(objects.read_archive(container, place)), mode="r|") as archive:
            first = archive.next()
    except EngineError as error:
        if error.status is None:
            raise
        return None
    except tarfile.TarError:
        return None
    return StoredFolder(owner=(first.uid, first.gid), mode=first.mode) if first is not None else None


class _Stream(io.RawIOBase):
    """Blocks as they come, read as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (block := next(self._blocks, b"")):
            self._rest += block
        found, self._rest = self._rest[:size], self._rest[size:]
        return found
