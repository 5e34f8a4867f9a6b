"""Services that live in another's namespaces or volumes, by what is passed through to Compose."""

from __future__ import annotations

from collections.abc import Mapping

_MODES = ("network_mode", "ipc", "pid")


def shared_services(passed_through: Mapping[str, object]) -> dict[str, str]:
    """What is shared by the key that says so, such as {"network_mode": "web"}: `service:NAME`, and the
    services of `volumes_from` (Compose file reference)."""
    found = {
        key: value.removeprefix("service:")
        for key in _MODES
        if isinstance(value := passed_through.get(key), str) and value.startswith("service:")
    }
    sources = passed_through.get("volumes_from")
    for source in sources if isinstance(sources, list | tuple) else ():
        name = str(source).partition(":")[0]
        if name != "container":
            found["volumes_from"] = name
    return found


def shared_containers(passed_through: Mapping[str, object]) -> list[tuple[str, str]]:
    """As shared_services, of containers that are no service, `container:NAME`: each with its key."""
    found = [(key, value) for key in _MODES if isinstance(value := passed_through.get(key), str)]
    sources = passed_through.get("volumes_from")
    found += [("volumes_from", str(one)) for one in (sources if isinstance(sources, list | tuple) else ())]
    return [
        (key, text.split(":")[1].removeprefix("/")) for key, text in found if text.startswith("container:")
    ]
