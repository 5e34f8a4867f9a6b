"""Whose namespaces or volumes a service lives in, and what it sets in its own."""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.manifest.errors import Problems, did_you_mean
from shipyard.manifest.sharing import shared_containers, shared_services
from shipyard.model.manifest import Manifest, Service

_MODES = {"pid": ("host",), "ipc": ("none", "private", "shareable", "host")}
"""What a mode may be beside `service:NAME` and `container:NAME` (Compose file reference)."""
_CLOSED = (None, "", "none", "private")
"""The `ipc` of a container that lets no other in (docker run, IPC settings); private is the engine's
default."""
_SYSCTLS = (
    *(f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni")),
    "kernel.shm_rmid_forced",
)
_SYSCTL_PREFIXES = ("net.", "fs.mqueue.")
"""Both: what a container has of its own (docker run, --sysctl)."""


def check_namespaces(service: Service, manifest: Manifest, problems: Problems) -> None:
    """An engine refuses these only when the container is made, and the old one may be gone by then."""
    path = ("services", service.name, "compose")
    _check_hosts(service, manifest, problems)
    for key, known in _MODES.items():
        mode = service.compose.get(key)
        if mode and mode not in known and not _is_shared(mode):
            hint = ", ".join((*known, "service:NAME", "container:NAME"))
            problems.add((*path, key), f"{mode!r} is no {key} mode", f"one of {hint}")
    for key, name in shared_containers(service.compose):
        if not name:
            problems.add((*path, key), "no container is named", "write its name after container:")
    if _is_shared(service.compose.get("network_mode")):
        for key, value in (("publish", service.publish), ("extra_hosts", service.extra_hosts)):
            if value:
                problems.add(
                    ("services", service.name, key),
                    f"{key} is not possible in another container's network",
                    "say it of the service whose network it is",
                )
    for name in _sysctls(service.compose.get("sysctls")):
        if name not in _SYSCTLS and not name.startswith(_SYSCTL_PREFIXES):
            hint = "set it on the machine; a container has its own of net.*, fs.mqueue.* and System V IPC's"
            problems.add((*path, "sysctls"), f"{name} cannot be set for one container", hint)


def _check_hosts(service: Service, manifest: Manifest, problems: Problems) -> None:
    services = {other.name: other for other in manifest.services}
    for key, name in shared_services(service.compose):
        path = ("services", service.name, "compose", key)
        if name not in services:
            problems.add(path, f"there is no service {name!r}", did_you_mean(name, services))
        elif key == "ipc" and services[name].compose.get("ipc") in _CLOSED:
            hint = f'compose = {{ ipc = "shareable" }} in [services.{name}]'
            problems.add(path, f"{name} lets no other into its ipc", hint)


def _is_shared(mode: object) -> bool:
    return str(mode).startswith(("service:", "container:"))


def _sysctls(given: object) -> Iterable[str]:
    """Compose takes a table, or a list of NAME=VALUE."""
    names = given if isinstance(given, dict | list) else ()
    return (str(one).partition("=")[0] for one in names)
