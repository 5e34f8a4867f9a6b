"""The observed state in one snapshot: a constant number of list calls, and one inspect for each
container of this deployment. Reads only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from shipyard.compile import labels
from shipyard.compile.labels import owned
from shipyard.compile.references import familiar, without_digest
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineReader, EngineRefused
from shipyard.engine.lists import inspect_path, lists_of, owned_of
from shipyard.errors import ShipyardError
from shipyard.model.manifest import Manifest
from shipyard.model.observed import (
    AT_WORK,
    DEFAULT_SHARES,
    Container,
    Engine,
    Foreign,
    HostPort,
    Network,
    Observed,
    Volume,
)
from shipyard.model.record import replace

OLDEST_ENGINE = (25, 0)
_ANONYMOUS = r"[0-9a-f]{64}"
"""The name that the engine gives to a volume without one."""
_LIMITS = ("CpuShares", "CpusetCpus", "CpusetMems", "PidsLimit", "MemoryReservation", "BlkioWeight")


class EngineTooOld(ShipyardError):
    """The engine lacks what Shipyard needs."""


def snapshot(connection: Connection, manifest: Manifest, references: Iterable[str] = ()) -> Observed:
    """Read what runs for one deployment, and which of the image `references` are there.

    Listing every image of an engine costs more than all the rest together: only these are asked for.
    Raises EngineUnreachable, EngineRefused, EngineTooOld.
    """
    images = _images_path(sorted({familiar(one) for one in references}))
    reader, answers, listening = lists_of(connection, images)
    try:
        seen = _read(reader, answers, connection, manifest, images)
        return replace(seen, listening=listening.tcp, listening_udp=listening.udp)
    finally:
        reader.close()


def _read(
    reader: EngineReader,
    answers: list[Any],
    connection: Connection,
    manifest: Manifest,
    images_path: str | None,
) -> Observed:
    ownership = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    info, listed, networks, found = map(_answered, answers)
    volumes = found.get("Volumes") or []
    engine = Engine(
        id=info.get("ID") or "",
        name=info.get("Name") or "",
        version=info.get("ServerVersion") or "",
        address=connection.address,
        local=connection.local,
        cpus=info.get("NCPU") or 0,
    )
    check_version(engine.version, connection.address)
    # A lock, of this deployment or another: nothing that runs.
    listed = [item for item in listed if (item.get("Labels") or {}).get(labels.ROLE) != labels.LEASE_ROLE]
    own = owned_of(listed, ownership)
    asked = [inspect_path(item) for item in own]
    asked += [images_path] if images_path else []
    inspected = reader.get_all(asked)
    images: dict[str, str] = {}
    inputs: dict[str, str] = {}
    if images_path:
        for image in _answered(inspected.pop()):
            for reference in (image.get("RepoTags") or []) + (image.get("RepoDigests") or []):
                images[reference] = image["Id"]
                if recorded := (image.get("Labels") or {}).get(labels.INPUTS):
                    inputs[reference] = recorded
    foreign = [_foreign(item) for item in listed if not owned(item.get("Labels"), ownership)]
    ours = []
    for item, answer in zip(own, inspected, strict=True):
        # Gone between the list and the inspect.
        if not (isinstance(answer, EngineRefused) and answer.status == 404):
            container = _container(_answered(answer), item, bool(info.get("SwapLimit")))
            if labels.MODE in container.labels:
                container = replace(container, edited=_is_edited(reader, container.id))
            if _inherited(container, manifest.deployment):
                foreign.append(replace(_foreign(item), owner=""))
            else:
                ours.append(container)
    return Observed(
        engine=engine,
        containers=tuple(sorted(ours, key=lambda one: (one.service, one.one_off, one.number, one.name))),
        foreign=tuple(sorted(foreign, key=lambda one: one.name)),
        networks=tuple(
            Network(
                id=item["Id"],
                name=item["Name"],
                owned=owned(item.get("Labels"), ownership),
                labels=item.get("Labels") or {},
            )
            for item in sorted(networks, key=lambda one: (one["Name"], one["Id"]))
        ),
        volumes=tuple(
            Volume(
                name=item["Name"],
                owned=owned(item.get("Labels"), ownership),
                labels=item.get("Labels") or {},
                created=item.get("CreatedAt") or "",
            )
            for item in sorted(volumes, key=lambda one: one["Name"])
        ),
        images=images,
        inputs=inputs,
    )


def _images_path(references: list[str]) -> str | None:
    return f"/images/json?filters={quote(json.dumps({'reference': references}))}" if references else None


def _answered(answer: Any) -> Any:
    if isinstance(answer, EngineRefused):
        raise answer
    return answer


def check_version(version: str, where: str) -> None:
    """Raises EngineTooOld below the oldest engine that has start_interval for health checks."""
    match = re.match(r"(\d+)\.(\d+)", version)
    if match and (int(match[1]), int(match[2])) < OLDEST_ENGINE:
        raise EngineTooOld(
            f"Docker Engine {version} is too old: Shipyard needs 25 or newer",
            where=where,
            hint="upgrade the engine",
        )


def _container(inspect: Mapping[str, Any], item: Mapping[str, Any], swap_limited: bool = False) -> Container:
    state, host = inspect["State"], inspect["HostConfig"]
    found = inspect["Config"].get("Labels") or {}
    nano = host.get("NanoCpus") or 0
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100000
    endpoints = {name: one or {} for name, one in (inspect["NetworkSettings"].get("Networks") or {}).items()}
    mounts = inspect.get("Mounts") or []
    return Container(
        id=inspect["Id"],
        name=inspect["Name"].lstrip("/"),
        service=found.get(labels.SERVICE, ""),
        number=int(found.get(labels.COMPOSE_NUMBER) or 0),
        state=state["Status"],
        exit_code=state.get("ExitCode") or 0,
        health=(state.get("Health") or {}).get("Status") or "",
        image=inspect["Config"]["Image"],
        image_id=inspect["Image"],
        spec=_document(found.get(labels.SPEC)),
        labels=found,
        one_off=found.get(labels.COMPOSE_ONEOFF) == "True",
        job=_document(found.get(labels.JOB)),
        restart=_restart(host.get("RestartPolicy") or {}),
        cpus=nano / 1e9 if nano else (quota / period if quota > 0 else 0),
        memory=host.get("Memory") or 0,
        restarts=inspect.get("RestartCount") or 0,
        started_at=state.get("StartedAt") or "",
        networks=tuple(sorted(endpoints)),
        volumes=_volumes(item),
        ports=_ports(item),
        limits=_limits(host, swap_limited),
        network_ids={name: one["NetworkID"] for name, one in endpoints.items() if one.get("NetworkID")},
        aliases={name: tuple(one.get("Aliases") or ()) for name, one in endpoints.items()},
        anonymous={
            mount["Destination"]: mount["Name"]
            for mount in mounts
            if mount.get("Type") == "volume" and re.fullmatch(_ANONYMOUS, mount.get("Name") or "")
        },
        binds={mount["Destination"]: mount["Source"] for mount in mounts if mount.get("Type") == "bind"},
        shares=_shares(host),
    )


def _is_edited(reader: EngineReader, container: str) -> bool:
    try:
        reader.fetch(f"/containers/{container}/archive?path={labels.EDITED}")
    except EngineRefused as refused:
        if refused.status == 404:
            return False
        raise
    return True


def _inherited(container: Container, deployment: str) -> bool:
    """Whether its labels are its image's: what somebody runs from a `docker commit` of a container. Neither
    its name nor its image is what the labels say."""
    recorded = (container.spec or container.job or {}).get("image")
    if not isinstance(recorded, str) or container.name.startswith(f"{deployment}-"):
        return False
    return familiar(without_digest(container.image)) != familiar(without_digest(recorded))


def _restart(policy: Mapping[str, Any]) -> str:
    name, count = policy.get("Name") or "no", policy.get("MaximumRetryCount")
    return f"{name}:{count}" if count else name


def _limits(host: Mapping[str, Any], swap_limited: bool = False) -> dict[str, int | str]:
    """Limits beyond cores and memory that are not the engine's defaults. Swap is left at twice the memory,
    and -1 where the machine cannot limit it: not `swap_limited`."""
    found = {name: host[name] for name in _LIMITS if host.get(name) not in (None, 0, -1, "")}
    if host.get("CpuShares") == DEFAULT_SHARES:
        del found["CpuShares"]
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    unlimited = swap == -1 and memory and swap_limited
    if unlimited or (swap > 0 and swap != 2 * memory):
        found["MemorySwap"] = swap
    return found


def _shares(host: Mapping[str, Any]) -> tuple[str, ...]:
    modes = [str(host.get(key) or "") for key in ("NetworkMode", "IpcMode", "PidMode")]
    ids = {mode.removeprefix("container:") for mode in modes if mode.startswith("container:")}
    return tuple(sorted(ids | {text.partition(":")[0] for text in host.get("VolumesFrom") or ()}))


def _volumes(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(mount["Name"] for mount in item.get("Mounts") or [] if mount.get("Type") == "volume"))


def written_places(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What a listed container can write to: volumes by name, folders of the host by path."""
    mounts = [mount for mount in item.get("Mounts") or [] if mount.get("RW")]
    return tuple(sorted(mount.get("Name") or mount.get("Source") or "" for mount in mounts))


def _foreign(item: Mapping[str, Any]) -> Foreign:
    found = item.get("Labels") or {}
    return Foreign(
        id=item.get("Id") or "",
        state=item.get("State") or "",
        owner=labels.owner(found),
        name=(item.get("Names") or ["/?"])[0].lstrip("/"),
        ports=_ports(item),
        networks=tuple(sorted((item.get("NetworkSettings") or {}).get("Networks") or {})),
        volumes=_volumes(item),
        compose_project=found.get(labels.COMPOSE_PROJECT),
        compose_service=None
        if found.get(labels.COMPOSE_ONEOFF) == "True"
        else found.get(labels.COMPOSE_SERVICE),
        writes=written_places(item) if item.get("State") in AT_WORK else (),
    )


def _ports(item: Mapping[str, Any]) -> tuple[HostPort, ...]:
    found = {
        HostPort(
            host_ip=port.get("IP") or "",
            host_port=port["PublicPort"],
            container_port=port["PrivatePort"],
            protocol=port.get("Type") or "tcp",
        )
        for port in item.get("Ports") or []
        if port.get("PublicPort")
    }
    return tuple(sorted(found, key=lambda port: (port.container_port, port.protocol, port.host_ip)))


def _document(text: str | None) -> Mapping[str, object] | None:
    try:
        document = json.loads(text or "")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
