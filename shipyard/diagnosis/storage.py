"""What may not be written, or has no room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipyard.compile.image import APP_USER
from shipyard.diagnosis.findings import Finding, Symptoms
from shipyard.model.desired import ServiceSpec
from shipyard.model.stored import StoredFolder

_HOME = "/nonexistent"
"""Of the user that images of the recipe have."""


def storage_findings(seen: Symptoms) -> Iterator[Finding]:
    yield from _permission(seen)
    yield from _disk_full(seen)


def user_of(spec: ServiceSpec) -> str:
    """Who a service runs as, UID:GID or UID or a name; "" where its image decides."""
    return spec.user or (APP_USER if spec.built else "")


def may_write(user: str, folder: StoredFolder) -> bool:
    """Whether a user may write into a folder, by its owner and mode; True where that is not known."""
    if not re.fullmatch(r"\d+(:\d+)?", user):
        return True
    uid, _, gid = user.partition(":")
    owner, group = folder.owner
    bits = 0o200 if int(uid) == owner else 0o020 if gid and int(gid) == group else 0o002
    return int(uid) == 0 or bool(folder.mode & bits)


def _permission(seen: Symptoms) -> Iterator[Finding]:
    # gunicorn goes on without its control socket: that is no cause of anything.
    text = "\n".join(line for line in seen.text.splitlines() if "Control server error" not in line)
    if beat := re.search(r"Permission denied: b?'(celerybeat-schedule[\w.-]*)'", text):
        yield Finding(
            cause=f"Celery beat writes {beat[1]} into its working folder, which is part of the image",
            hint=f'framework = "celery-beat" in place of command in [{seen.key}] keeps it in memory, and so '
            "does --schedule /dev/shm/celerybeat-schedule in the command",
        )
    denied = re.findall(r"(?:Permission denied|PermissionError)[^'\n]*: '(/[^']+)'", text)
    for path in dict.fromkeys(denied):
        yield _not_writable(path, seen)
    for path in dict.fromkeys(re.findall(r"Read-only file system: '(/[^']+)'", seen.text)):
        folder = path.rpartition("/")[0]
        yield Finding(
            cause=f"it writes {path}, and its file system is read-only",
            hint=f'tmpfs = ["{folder}"] in [{seen.key}] lets it, or a volume where that is to stay',
        )


def _not_writable(path: str, seen: Symptoms) -> Finding:
    user = user_of(seen.spec) or "UID:GID"
    cause = f"its user may not write {path}"
    mounts = [one for one in seen.spec.volumes if path == one.target or path.startswith(f"{one.target}/")]
    if path == _HOME or path.startswith(f"{_HOME}/"):
        return Finding(
            cause=f"it writes into its home folder, {_HOME}, which is none",
            hint=f'env = {{ HOME = "/tmp" }} in [{seen.key}] gives it one for as long as the container lasts',
        )
    if not mounts:
        folder = path.rpartition("/")[0] or path
        return Finding(
            cause=f"{cause}, which is part of the image",
            hint=f'mount a volume there: volumes = ["data:{folder}"] in [{seen.key}], or tmpfs',
        )
    mount = mounts[0]
    if mount.kind == "bind":
        return Finding(
            cause=f"{cause}, which is {mount.source} on the engine's machine",
            hint=f"`chown -R {user} {mount.source}` there, or say user = in [{seen.key}]",
        )
    return Finding(
        cause=f"{cause}: what is in the volume {mount.source} belongs to another",
        hint=f"`shipyard volumes mend {mount.source} --owner {user}` gives it to its user",
    )


def _disk_full(seen: Symptoms) -> Iterator[Finding]:
    if re.search(r"[Nn]o space left on device", seen.text):
        yield Finding(
            cause="the engine's disk is full",
            hint="`docker system df` tells what holds it; `shipyard prune`, `docker builder prune` free it",
        )
