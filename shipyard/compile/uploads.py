"""Where an application writes files that have to outlive its container."""

from __future__ import annotations

import posixpath

from shipyard.frameworks.application import Application
from shipyard.model.manifest import Service


def upload_folder(application: Application | None, workdir: str) -> tuple[str, str] | None:
    """(folder in the container, where the source says so), None where nothing is said."""
    if application is None or application.media is None:
        return None
    folder, where = application.media
    return posixpath.normpath(posixpath.join(workdir, folder)), where


def unkept_uploads(service: Service, application: Application | None, workdir: str) -> tuple[str, ...]:
    """A note where no volume is mounted for them: the image's own folders are read-only to its user."""
    found = upload_folder(application, workdir)
    if found is None:
        return ()
    folder, where = found
    targets = [posixpath.normpath(mount.target) for mount in service.volumes]
    if any(folder == one or folder.startswith(f"{one}/") for one in (*targets, *service.tmpfs)):
        return ()
    return (
        f"{service.name}: {where} sets MEDIA_ROOT, and no volume is mounted at {folder}: uploads fail there; "
        f'volumes = ["media:{folder}"] keeps them',
    )
