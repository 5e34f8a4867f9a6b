"""Services that live in another's namespaces or volumes, by what is passed through to Compose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_MODES = ("network_mode", "ipc", "pid")


def shared_services(passed_through: Mapping[str, object]) -> list[tuple[str, str]]:
    """Each service that is lived in, after the key that says so, such as ("network_mode", "web"):
    `service:NAME`, and the services of `volumes_from` (Compose file reference)."""
    return [(key, name) for key, kind, name in _shared(passed_through) if kind == "service"]


def host_services(passed_through: Mapping[str, object]) -> list[str]:
    """The services of shared_services alone."""
    return [name for _, name in shared_services(passed_through)]


def shared_containers(passed_through: Mapping[str, object]) -> list[tuple[str, str]]:
    """As shared_services, of containers that are no service: `container:NAME`, or the beginning of an id."""
    return [
        (key, name.removeprefix("/")) for key, kind, name in _shared(passed_through) if kind == "container"
    ]


def _shared(passed_through: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Each key with the kind and the name of what it shares."""
    for key in _MODES:
        kind, colon, name = str(passed_through.get(key, "")).partition(":")
        if colon:
            yield key, kind, name
    sources = passed_through.get("volumes_from")
    for source in sources if isinstance(sources, list | tuple) else ():
        parts = str(source).split(":")
        yield "volumes_from", *(parts[:2] if parts[0] == "container" and parts[1:] else ("service", parts[0]))
