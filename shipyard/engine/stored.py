"""The images that an engine keeps, and who uses them. Reads only."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.lists import CONTAINERS
from shipyard.model.stored import StoredImage


def stored_images(connection: Connection) -> tuple[StoredImage, ...]:
    """All of them, by name. Raises EngineUnreachable, EngineRefused."""
    reader = connection.reader()
    try:
        listed, containers = reader.get_each(["/images/json?shared-size=1", CONTAINERS])
    finally:
        reader.close()
    found = []
    for image in listed:
        references = tuple(sorted(name for name in image.get("RepoTags") or () if name != "<none>:<none>"))
        users = sorted(
            container["Names"][0].lstrip("/")
            for container in containers
            if container["ImageID"] == image["Id"] or container["Image"] in references
        )
        marks = image.get("Labels") or {}
        found.append(
            StoredImage(
                id=image["Id"],
                references=references,
                repository=marks.get(labels.IMAGE, ""),
                size=image["Size"],
                own=image["Size"] - max(image.get("SharedSize") or 0, 0),
                users=tuple(users),
                labels=marks,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.references, one.id)))
