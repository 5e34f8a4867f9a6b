"""The images that an engine keeps, and who uses them. Reads only."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineRefused
from shipyard.model.stored import StoredImage


def stored_images(connection: Connection) -> tuple[StoredImage, ...]:
    """All of them, by name. Raises EngineUnreachable, EngineRefused."""
    reader = connection.reader()
    try:
        answers = reader.get_all(["/images/json?shared-size=1", "/containers/json?all=1"])
    finally:
        reader.close()
    for answer in answers:
        if isinstance(answer, EngineRefused):
            raise answer
    listed, containers = answers
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
