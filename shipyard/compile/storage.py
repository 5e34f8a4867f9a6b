"""Networks, volumes and secret files of a deployment, with their names on the engine."""

from __future__ import annotations

import hashlib

from shipyard.compile.known_images import is_database
from shipyard.compile.spec import canonical
from shipyard.model.desired import NetworkSpec, SecretVolume, ServiceSpec, VolumeSpec
from shipyard.model.manifest import Manifest, Mount, Network, Volume
from shipyard.model.record import replace

APP = "/app"
"""Where the source stands in an image."""
APP_UID = 10001
KEY_VOLUME = "shipyard-key"
RECORD_VOLUME = "shipyard-record"
RESTORE_VOLUME = "shipyard-restore"


def key_volume(deployment: str) -> str:
    """The name of the empty volume whose label holds the deployment's key."""
    return f"{deployment}_{KEY_VOLUME}"


def record_volume(deployment: str, record: str) -> str:
    """The name of the empty volume whose label holds how many replicas were applied; its labels cannot be
    changed, so that another record is another volume."""
    return f"{_records(deployment)}{hashlib.sha256(record.encode()).hexdigest()[:8]}"


def is_record_volume(deployment: str, name: str) -> bool:
    """Whether a volume is called as the deployment's records are."""
    return name.startswith(_records(deployment))


def _records(deployment: str) -> str:
    return f"{deployment}_{RECORD_VOLUME}-"


def restore_volume_name(deployment: str, service: str) -> str:
    """The name of the empty volume that stands while a service's data is put in place."""
    return f"{deployment}_{RESTORE_VOLUME}-{service}"


def network_name(manifest: Manifest, key: str) -> str:
    declared = next((network for network in manifest.networks if network.key == key), None)
    if declared is not None and (declared.name or declared.external):
        return declared.name or key
    return f"{manifest.deployment}_{key}"


def volume_name(manifest: Manifest, key: str) -> str:
    declared = next((volume for volume in manifest.volumes if volume.key == key), None)
    if declared is not None and (declared.name or declared.external):
        return declared.name or key
    return f"{manifest.deployment}_{key}"


def network_specs(manifest: Manifest) -> tuple[NetworkSpec, ...]:
    declared = {network.key: network for network in manifest.networks}
    keys = {key for service in manifest.services for key in service.networks or ("default",)}
    made = []
    for key in sorted(keys):
        network = declared.get(key) or Network(key=key)
        made.append(
            NetworkSpec(
                key=key,
                name=network_name(manifest, key),
                external=network.external,
                internal=network.internal,
                driver=network.driver,
                subnet=network.subnet,
            )
        )
    return tuple(made)


def volume_specs(manifest: Manifest) -> tuple[VolumeSpec, ...]:
    declared = {volume.key: volume for volume in manifest.volumes}
    users: dict[str, list[str]] = {}
    for service in manifest.services:
        for mount in service.volumes:
            if mount.kind == "volume" and mount.source is not None:
                users.setdefault(mount.source, []).append(service.image or "")
    made = []
    for key in sorted(users):
        volume = declared.get(key) or Volume(key=key)
        made.append(
            VolumeSpec(
                key=key,
                name=volume_name(manifest, key),
                external=volume.external,
                driver=volume.driver,
                database=next((image for image in users[key] if is_database(image)), None),
            )
        )
    return tuple(made)


def secret_volume(manifest: Manifest, spec: ServiceSpec) -> SecretVolume | None:
    if not spec.secret_files:
        return None
    uid, gid = _owner(spec)
    version = canonical(
        [
            [[file.name, file.source, spec.secrets.get(file.source)] for file in spec.secret_files],
            uid,
            gid,
        ]
    )
    digest = hashlib.sha256(version.encode()).hexdigest()[:12]
    return SecretVolume(
        service=spec.name,
        name=f"{manifest.deployment}_{spec.name}-secrets-{digest}",
        files=spec.secret_files,
        uid=uid,
        gid=gid,
    )


def _owner(spec: ServiceSpec) -> tuple[int, int]:
    """Who reads the secret files: the declared numeric user, the image's own for built services, else
    root, as which the entrypoints of official images start."""
    if spec.user is not None:
        user, _, group = spec.user.partition(":")
        if user.isdigit():
            return int(user), int(group) if group.isdigit() else int(user)
    return (APP_UID, APP_UID) if spec.built is not None else (0, 0)


def on_engine(manifest: Manifest, mount: Mount) -> Mount:
    if mount.kind == "volume" and mount.source is not None:
        return replace(mount, source=volume_name(manifest, mount.source))
    return mount
