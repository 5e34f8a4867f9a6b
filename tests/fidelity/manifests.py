"""Manifests at random: tables as in shipyard.toml.

"@0" to "@2" in a port stand for free ports of the host, and the images are tags of the project's own.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

Table = dict[str, Any]

IMAGES = ("plain:1", "plain:2", "keeping:1")
"""Tags that every project has; `keeping` has an anonymous volume of its own."""


def random_manifest(rng: random.Random, least: int) -> Table:
    """With so many services at least."""
    services: Table = {}
    for name in ("web", "api", "db", "job")[: max(least, rng.choice((1, 2, 2, 3, 3, 4)))]:
        services[name] = random_service(rng, name, services)
    manifest: Table = {"services": services}
    if rng.random() < 0.4:
        manifest["networks"] = {"back": {"internal": rng.random() < 0.5}}
    settle(manifest)
    return manifest


def random_service(rng: random.Random, name: str, others: Table) -> Table:
    made: Table = {"image": rng.choice((*IMAGES, "plain:1")), "stop_timeout": 1}
    if rng.random() < 0.12:
        del made["image"]
        made |= {"path": "app", "build": {"dockerfile": "app/Dockerfile"}}
    options = ["env", "volume", "networks", "needs", "replicas", "health", "secret-env", "before_deploy"]
    options += [
        "publish",
        "memory",
        "labels",
        "tmpfs",
        "read_only",
        "user",
        "bind",
        "anonymous",
        "secret-file",
    ]
    options += ["one-shot", "shares-network", "rollout", "cpus", "shares-network"]
    for option in rng.sample(options, k=rng.choice((1, 2, 3, 4))):
        OPTIONS[option](rng, made, others)
    return made


def _set(key: str, *values: Any) -> Callable[[random.Random, Table, Table], None]:
    """An option that gives a key one of some values, another one than it has."""

    def option(rng: random.Random, service: Table, _: Table) -> None:
        left = [value for value in values if value != service.get(key)]
        chosen = copy.deepcopy(rng.choice(left))
        if chosen is None:
            service.pop(key, None)
        else:
            service[key] = chosen

    return option


def _mount(text: str) -> Callable[[random.Random, Table, Table], None]:
    """An option that adds a mount, or takes it away."""

    def option(_: random.Random, service: Table, __: Table) -> None:
        mounts = service.setdefault("volumes", [])
        if text in mounts:
            mounts.remove(text)
        else:
            mounts.append(text)

    return option


def _needs(rng: random.Random, service: Table, others: Table) -> None:
    if others:
        found = sorted(rng.sample(sorted(others), k=rng.randint(1, len(others))))
        service["needs"] = [] if found == service.get("needs") else found


def _shares(rng: random.Random, service: Table, others: Table) -> None:
    plain = [name for name in others if "compose" not in others[name] and others[name].get("restart") != "no"]
    if plain:
        kind = rng.choice(("network_mode", "network_mode", "pid"))
        service["compose"] = {kind: f"service:{rng.choice(plain)}"}


def _secret(delivery: str) -> Callable[[random.Random, Table, Table], None]:
    def option(rng: random.Random, service: Table, _: Table) -> None:
        secrets = service.setdefault("secrets", {})
        name = rng.choice(("TOKEN", "OTHER"))
        if name in secrets and rng.random() < 0.5:
            del secrets[name]
        else:
            secrets[name] = {"as": delivery}

    return option


def _one_shot(_: random.Random, service: Table, __: Table) -> None:
    service |= {"restart": "no", "command": ["true"], "health": False}


def _entrypoint(rng: random.Random, service: Table, _: Table) -> None:
    service["entrypoint"] = ["env"] if service.get("entrypoint") != ["env"] else []
    # With an entrypoint of its own a service has none of the image's commands.
    service.setdefault("command", ["sleep", "86400"])


OPTIONS: dict[str, Callable[[random.Random, Table, Table], None]] = {
    "env": _set("env", {"A": "1"}, {"A": "2"}, {"A": "1", "B": "$x ${nothing"}, None),
    "publish": _set(
        "publish", ["@0:80"], ["127.0.0.1:@1:80"], ["@2:80", "@0:81/udp"], ["127.0.0.1::80"], None
    ),
    "volume": _mount("data:/srv"),
    "logs": _mount("logs:/logs:ro"),
    "anonymous": _mount("/scratch"),
    "bind": _mount("./files:/files:ro"),
    "networks": _set("networks", ["back"], ["default", "back"], ["side", "default"], None),
    "needs": _needs,
    "replicas": _set("replicas", 1, 2, 3),
    "memory": _set("resources", {"memory": "32M"}, {"memory": "48M", "cpus": 0.5}, None),
    "cpus": _set("resources", {"cpus": 0.25}, {"cpus": 0.5, "memory": "32M"}),
    "health": _set("health", {"command": ["true"]}, {"command": ["test", "-e", "/"]}, False, None),
    "command": _set("command", ["sleep", "86400"], ["sleep", "43200"], None),
    "entrypoint": _entrypoint,
    "labels": _set("labels", {"team": "a"}, {"team": "$b"}, None),
    "secret-env": _secret("env"),
    "secret-file": _secret("file"),
    "tmpfs": _set("tmpfs", ["/run/one"], ["/run/one:size=1m"], None),
    "user": _set("user", "1000:1000", "1001", None),
    "read_only": _set("read_only", True, False),
    "stop_timeout": _set("stop_timeout", 1, 2),
    "restart": _set("restart", "always", "on-failure:3", "on-failure:5", None),
    "extra_hosts": _set("extra_hosts", ["elsewhere:127.0.0.9"], None),
    "before_deploy": _set("before_deploy", ["true"], ["sh", "-c", "exit 0"], None, None),
    "rollout": _set("rollout", "start-first", "stop-first"),
    "one-shot": _one_shot,
    "shares-network": _shares,
    "compose": _set("compose", {"shm_size": "1m"}, {"cap_add": ["SYS_NICE"]}, None),
}


def settle(manifest: Table) -> None:
    """Make a manifest one that loads: what a user could not have written is taken out."""
    services: Table = manifest["services"]
    taken: set[str] = set()
    for name, service in services.items():
        shares = service.get("compose", {})
        gone = [key for key, value in shares.items() if _shared(value) not in (None, *services)]
        gone += [key for key, value in shares.items() if _shared(value) == name]
        gone += [
            key
            for key, value in shares.items()
            if services.get(_shared(value) or "", {}).get("restart") == "no" and key not in gone
        ]
        for key in gone:
            del shares[key]
        if "network_mode" in shares:
            for key in ("networks", "publish", "extra_hosts"):
                service.pop(key, None)
        service["publish"] = [port for port in service.pop("publish", []) if port not in taken]
        taken.update(service["publish"])
        if any("@" in port for port in service["publish"]):
            service["replicas"] = 1
        if service.get("restart") == "no":
            service |= {"replicas": 1, "command": ["true"], "health": False}
        writes = any(":" in mount and not mount.endswith(":ro") for mount in service.get("volumes", ()))
        if writes or any("@" in port for port in service["publish"]):
            service.pop("rollout", None)
        for key in ("compose", "volumes", "secrets"):
            if not service.get(key, True):
                del service[key]
        needs = [one for one in service.get("needs", ()) if one in services and one != name]
        service["needs"] = [one for one in needs if _reachable(service, services[one])]
    for name in services:
        services[name]["needs"] = [
            one for one in services[name]["needs"] if not _leads_to(services, one, name)
        ]


def _shared(value: object) -> str | None:
    return value.removeprefix("service:") if isinstance(value, str) and value.startswith("service:") else None


def _reachable(one: Table, other: Table) -> bool:
    if "network_mode" in one.get("compose", {}) or "network_mode" in other.get("compose", {}):
        return True
    return bool(set(one.get("networks", ["default"])) & set(other.get("networks", ["default"])))


def _leads_to(services: Table, start: str, goal: str) -> bool:
    """Whether one service waits for another, by its needs or by what it shares."""
    if start == goal:
        return True
    service = services[start]
    shared = [_shared(value) for value in service.get("compose", {}).values()]
    before = [*service.get("needs", ()), *(one for one in shared if one in services)]
    return any(_leads_to(services, one, goal) for one in before)
