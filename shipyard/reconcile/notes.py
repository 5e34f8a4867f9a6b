"""What operations alone do not tell: data that stays behind, passwords that do not move."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipyard.compile import labels
from shipyard.compile.checks import probe_words
from shipyard.compile.data import unkept_folder
from shipyard.compile.known_images import is_database, known_image
from shipyard.compile.listening import LOOPBACK, listening
from shipyard.compile.spec import show_template
from shipyard.manifest.sharing import shared_containers
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Observed
from shipyard.model.plan import CreateService, FieldCause, Operation, RemoveService, ReplaceService

_AT_HOME = ("default", "dev")
"""Stages that are looked at in a browser beside the engine; before others stands a proxy with their name."""
_MADE_WITH = frozenset(
    f"{product}_{what}"
    for product in ("POSTGRES", "MYSQL", "MARIADB")
    for what in ("USER", "DB", "DATABASE", "INITDB_ARGS")
)


def notes(desired: Desired, observed: Observed, operations: tuple[Operation, ...]) -> tuple[str, ...]:
    """Sentences, in the order of operations."""
    volumes = {volume.name for volume in observed.volumes}
    found: list[str] = []
    for operation in operations:
        if isinstance(operation, RemoveService):
            found += _kept_data(operation, desired, observed)
        if isinstance(operation, CreateService | ReplaceService):
            spec = desired.service(operation.name)
            found += _unnamed_data(spec)
            found += _other_ports(spec)
            found += _unheard(spec)
            found += _unpublished(spec, desired)
            found += _other_host(spec, desired)
            found += _unseen_ipc(spec)
            if isinstance(operation, ReplaceService):
                found += _other_volumes(spec, operation, volumes)
                found += _stored_passwords(spec, operation)
                found += _stored_names(spec, operation)
    return tuple(dict.fromkeys(found))


def _kept_data(operation: RemoveService, desired: Desired, observed: Observed) -> Iterator[str]:
    """The volumes of a service that goes, and that no other has."""
    owned = {one.name for one in observed.volumes if one.owned and labels.ROLE not in one.labels}
    held = {name for one in observed.containers if one.id in operation.containers for name in one.volumes}
    used = {mount.source for spec in desired.services for mount in spec.volumes}
    left = sorted((held & owned) - used)
    if left:
        yield f"{operation.name}: its data stays in {', '.join(left)}"


def _unnamed_data(spec: ServiceSpec) -> Iterator[str]:
    known, folder = known_image(spec.image), unkept_folder(spec)
    if known is not None and folder is not None:
        yield (
            f"{spec.name}: {known.name} keeps its data in {folder}, where no volume is declared: it is "
            f'lost with the container; volumes = ["{spec.name}-data:{folder}"] keeps it'
        )


def _other_ports(spec: ServiceSpec) -> Iterator[str]:
    if spec.built is None or spec.port is None:
        return
    for publish in spec.publish:
        if publish.container_port not in (None, spec.port):
            yield (
                f"{spec.name}: port {publish.container_port} of the container is published, and it listens "
                f"on {spec.port}"
            )


def _unheard(spec: ServiceSpec) -> Iterator[str]:
    """A command of its own that listens where nobody asks."""
    heard = listening(spec.command, spec.env) if spec.built is not None and spec.command else None
    if heard is None:
        return
    if heard.port != spec.port:
        yield f"{spec.name}: its command listens on {heard.port} ({heard.said}), and its port is {spec.port}"
    if heard.host in LOOPBACK:
        yield (
            f"{spec.name}: its command listens on {heard.host} inside its container ({heard.said}), where "
            "nobody else reaches it: make it listen on 0.0.0.0"
        )


def _unpublished(spec: ServiceSpec, desired: Desired) -> Iterator[str]:
    """What serves and is reachable by nobody outside, or where nobody expects it, without anyone having said
    so."""
    declared = next((one for one in desired.manifest.services if one.name == spec.name), None)
    if declared is None:
        return
    if declared.publish is None and spec.publish and spec.replicas > 1:
        yield (
            f"{spec.name}: {spec.replicas} replicas cannot share a port of this machine: each gets a free "
            "one of its own"
        )
    serves = spec.built == spec.name and spec.port is not None and "network_mode" not in spec.compose
    if serves and declared.publish is None and not any(one.publish for one in desired.services):
        yield (
            f"{spec.name}: no port of this stage is published: it is reachable inside its networks alone; "
            f'publish = ["80:{spec.port}"] opens it, publish = [] says that it is meant so'
        )


def _other_host(spec: ServiceSpec, desired: Desired) -> Iterator[str]:
    """An application that answers by its own name alone, where it is opened by this machine's address."""
    asked = re.search(r"Host: ([^:\s]+)$", probe_words(spec.check.command) or "") if spec.check else None
    local = any(one.host_ip in LOOPBACK for one in spec.publish)
    if asked is not None and asked[1] != "localhost" and local and desired.manifest.stage in _AT_HOME:
        yield (
            f"{spec.name}: it answers to the host {asked[1]} (ALLOWED_HOSTS), and so not at the address of "
            "this machine, where it is published"
        )


def _unseen_ipc(spec: ServiceSpec) -> Iterator[str]:
    """How another's container was started is in no list of containers."""
    for key, name in shared_containers(spec.compose):
        if key == "ipc":
            yield f"{spec.name}: container {name} lets it in only if it runs with --ipc shareable or host"


def _other_volumes(spec: ServiceSpec, operation: ReplaceService, volumes: set[str]) -> Iterator[str]:
    for cause in operation.causes:
        if not isinstance(cause, FieldCause) or not cause.path.startswith("volumes."):
            continue
        before, after = str(cause.before or ""), str(cause.after or "")
        target = cause.path.removeprefix("volumes.")
        name = after.removesuffix(":ro")
        old = before.removesuffix(":ro")
        if before and after and before != after and name not in volumes and not name.startswith("/"):
            yield f"{spec.name}: {target} starts empty in {name}; the data stays in {old}"
        elif before and not after:
            yield f"{spec.name}: {target} is no longer mounted; the data stays in {old}"


def _stored_names(spec: ServiceSpec, operation: ReplaceService) -> Iterator[str]:
    """The images' documentation: what sets up the data is read when there is none."""
    names = [
        cause.path.removeprefix("env.")
        for cause in operation.causes
        if isinstance(cause, FieldCause) and cause.path.removeprefix("env.") in _MADE_WITH
    ]
    if names and is_database(spec.image):
        yield (
            f"{spec.name}: {', '.join(names)} is read when a database is made: the data that is there keeps "
            "what it was made with; change it in the database, or take it back here"
        )


def _stored_passwords(spec: ServiceSpec, operation: ReplaceService) -> Iterator[str]:
    changed = any(isinstance(one, FieldCause) and one.path.startswith("secrets.") for one in operation.causes)
    if changed and is_database(spec.image):
        yield (
            f"{spec.name}: a database keeps the password that it stored at its first start: change it there "
            f"too, or those who use the new one are refused{_password_command(spec)}"
        )


def _password_command(spec: ServiceSpec) -> str:
    """How, for a database of which that is known."""
    if (known := known_image(spec.image)) is None or known.name != "postgres":
        return ""
    user = show_template(spec.env.get("POSTGRES_USER", ("postgres",)))
    if not re.fullmatch(r"[\w.-]+", user):
        return ""
    return f": `shipyard exec {spec.name} psql -U {user} postgres`, then `\\password`"
