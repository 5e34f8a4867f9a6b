"""What a Compose file has beside what a manifest takes: the names in it, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipyard.starter.compose_values import is_secret, scalar, table


def names_in(model: Mapping[str, Any]) -> set[str]:
    """What images, services, volumes, users and databases are called."""
    texts = [str(model.get("name") or ""), *model.get("services", {}), *(model.get("volumes") or {})]
    whole: set[str] = set()
    for one in model.get("services", {}).values():
        texts += [str(one.get("image", "")), *map(_source, one.get("volumes") or ())]
        environment = table(one.get("environment")).items()
        whole |= {scalar(text) for key, text in environment if not is_secret(key)}
    return whole.union(word for text in texts for word in re.split("[^A-Za-z0-9]+", text))


def _source(mount: object) -> str:
    return str(mount.get("source", "")) if isinstance(mount, Mapping) else str(mount)


def left_out(name: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Notes on what no key of the manifest takes."""
    deploy = given.get("deploy") or {}
    lost = [f"deploy.{key}" for key in deploy if key not in ("replicas", "resources", "placement", "labels")]
    lost += [f"deploy.resources.{key}" for key in deploy.get("resources") or {} if key != "limits"]
    if lost:
        yield f"{name}: {', '.join(sorted(lost))} is left out"
    for one in given.get("volumes") or ():
        options = [key for key in ("volume", "bind", "tmpfs") if isinstance(one, Mapping) and one.get(key)]
        told = sorted(key for kind in options for key in one[kind] if key != "create_host_path")
        if told:
            yield f"{name}: {', '.join(told)} of the mount at {one['target']} is left out"
    for one in given.get("secrets") or ():
        source = one.get("source") if isinstance(one, Mapping) else one
        if not any(
            scalar(text) == f"/run/secrets/{source}" for text in table(given.get("environment")).values()
        ):
            secret = str(source).upper().replace("-", "_")
            line = f'secrets = {{ {secret} = {{ as = "file" }} }}'
            yield f"{name}: the secret {source} is left out: {line} brings it as /run/secrets/{secret}"
