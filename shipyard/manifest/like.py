"""Where each service's image comes from: its own folder, an image, or the service that it is `like`."""

from __future__ import annotations

from typing import Any

from shipyard.manifest.errors import Problems, did_you_mean
from shipyard.manifest.merge import BUILT_KEYS, IMAGE_KEYS, Origins, Table, forget, overlay
from shipyard.model.origin import Origin, Path
from shipyard.model.record import replace

TAKEN = ("image", *IMAGE_KEYS, "env", "secrets", "volumes", "networks", "needs", "resources")
"""What `like` takes over. Never what makes a service the one it is: framework, app, command, port,
publish, health, replicas, before_deploy."""


def resolve(document: Table, origins: Origins, problems: Problems) -> None:
    """Settle every service in place: check its source, fill in the default path, apply `like` and `unset`."""
    services: dict[str, Table] = document["services"]
    for name, service in services.items():
        _check_source(name, service, problems)
        _unset(service, origins, ("services", name))  # before it is taken over: gone is gone for both
        if not any(key in service for key in ("image", "path", "like")):
            service["path"] = "."
            origins["services", name, "path"] = Origin(kind="default")
    likes = {name: service["like"] for name, service in services.items() if service.get("like")}
    for name, source in likes.items():
        path = ("services", name, "like")
        if source == name:
            problems.add(path, "a service cannot be like itself")
        elif source not in services:
            problems.add(path, f"there is no service {source!r}", did_you_mean(source, services))
        elif source in likes:
            title = f"{source} is itself like {likes[source]}"
            problems.add(path, title, f'write like = "{likes[source]}"')
        else:
            for key in ("framework", "app"):
                if key in services[name] and "image" in services[source]:
                    title = f"{key} has no effect: {source} runs an image that is not built here"
                    problems.add(("services", name, key), title, "say what it runs with command")
            _take(services, origins, name, source)
            _unset(services[name], origins, ("services", name))


def _check_source(name: str, service: Table, problems: Problems) -> None:
    path = ("services", name)
    sources = [key for key in ("image", "path", "like") if key in service]
    if len(sources) > 1:
        problems.add((*path, sources[0]), f"{' and '.join(sources)} exclude one another", "keep one")
    elif sources and sources[0] != "path":
        # What is like another may still say what it runs in the other's image.
        for key in BUILT_KEYS if sources[0] == "image" else IMAGE_KEYS:
            if key in service:
                hint = (
                    f"declare it on {service['like']}, or leave like out to build another image"
                    if "like" in service
                    else "remove it, or remove image to build from source"
                )
                problems.add((*path, key), f"{key} has no effect beside {sources[0]}", hint)


def _take(services: dict[str, Table], origins: Origins, name: str, source: str) -> None:
    """Lay the service's own keys over those it takes from `source`."""
    at: Path = ("services", name)
    own = services[name]
    own_origins = {path: origin for path, origin in origins.items() if path[:2] == at}

    def taken_from(path: Path) -> Origin:
        return replace(origins["services", source, *path[2:]], kind="like", via=source)

    forget(origins, at)
    origins[at] = own_origins[at]
    services[name] = {}
    taken = {key: services[source][key] for key in TAKEN if key in services[source]}
    overlay(services[name], origins, taken, at, taken_from)
    overlay(services[name], origins, own, at, own_origins.__getitem__)


def _unset(service: Table, origins: Origins, path: Path) -> None:
    for name in service.get("unset") or ():
        for key in ("env", "secrets"):
            values: Any = service.get(key)
            if isinstance(values, dict):
                values.pop(name, None)
                forget(origins, (*path, key, name))
            elif isinstance(values, list):
                service[key] = [value for value in values if value != name]
