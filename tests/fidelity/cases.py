"""Cases by seed: a manifest, a change of it, and what someone does by hand in between.

A manifest is a table as in shipyard.toml. "@0" to "@5" in a port stand for free ports of the host, and the
images are tags of the project's own.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Table = dict[str, Any]

IMAGES = ("plain:1", "plain:2", "keeping:1")
"""Tags that every project has; `keeping` has an anonymous volume of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`stage`: the one that is changed while another runs beside it. `secrets` are (before, after) values.
    `files` are the built services' source, before and after."""

    seed: int
    before: Table
    after: Table
    changes: tuple[str, ...]
    drifts: tuple[str, ...]
    stage: str | None
    secrets: tuple[dict[str, str], dict[str, str]]
    files: tuple[str, str]


def make_case(seed: int) -> Case:
    """The case of a seed: the same on every machine."""
    rng = random.Random(seed)
    before = _manifest(rng)
    stage = "prod" if rng.random() < 0.15 else None
    if stage:
        before["stages"] = {"prod": {"services": {}}, "dev": {}}
    after = copy.deepcopy(before)
    kinds = list(CHANGES)
    # Every seed has a change of its own turn, so that few seeds cover them all.
    wanted = [kinds[seed % len(kinds)], *rng.choices(kinds, k=rng.choice((0, 0, 1, 2)))]
    changes = tuple(dict.fromkeys(kind for kind in wanted if CHANGES[kind](rng, after)))
    if rng.random() < 0.15:
        after, changes = copy.deepcopy(before), ()
    _settle(after)
    values = {"TOKEN": "one", "OTHER": "three"}
    changed = {**values, "TOKEN": "two"} if rng.random() < 0.3 else values
    drifts = [list(DRIFTS)[seed % len(DRIFTS)], *rng.choices(DRIFTS, k=rng.choice((0, 1, 1)))]
    if changes and rng.random() < 0.35:
        drifts = []
    return Case(
        seed=seed,
        before=before,
        after=after,
        changes=changes,
        drifts=tuple(drifts),
        stage=stage,
        secrets=(values, changed),
        files=("one\n", "two\n" if rng.random() < 0.5 else "one\n"),
    )


DRIFTS = (
    *(
        "kill",
        "stop",
        "pause",
        "remove",
        "rename",
        "rename-to-another",
        "disconnect",
        "reconnect",
        "extra-network",
    ),
    *("restart-policy", "restart-count", "limits", "limit-taken", "scale-up", "scale-down"),
    *("network-recreated", "network-removed", "image-moved", "name-taken", "port-taken", "job-removed"),
)
"""What is done by hand; drift.py does it."""


def _manifest(rng: random.Random) -> Table:
    services: Table = {}
    for name in ("web", "api", "db", "job")[: rng.choice((1, 2, 2, 3, 3, 4))]:
        services[name] = _service(rng, name, services)
    manifest: Table = {"services": services}
    if rng.random() < 0.4:
        manifest["networks"] = {"back": {"internal": rng.random() < 0.5}}
    _settle(manifest)
    return manifest


def _service(rng: random.Random, name: str, others: Table) -> Table:
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
        service["needs"] = sorted(rng.sample(sorted(others), k=rng.randint(1, len(others))))


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
    "volume": _mount("data:/data"),
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
    "before_deploy": _set("before_deploy", ["true"], ["sh", "-c", "exit 0"], None),
    "rollout": _set("rollout", "start-first", "stop-first"),
    "one-shot": _one_shot,
    "shares-network": _shares,
    "compose": _set("compose", {"shm_size": "1m"}, {"cap_add": ["SYS_NICE"]}, None),
}


def _option(kind: str) -> Callable[[random.Random, Table], bool]:
    """A change of one service by an option."""

    def change(rng: random.Random, manifest: Table) -> bool:
        services = manifest["services"]
        name = rng.choice(sorted(services))
        others = {key: services[key] for key in list(services)[: list(services).index(name)]}
        was = copy.deepcopy(services[name])
        OPTIONS[kind](rng, services[name], others)
        return bool(was != services[name])

    return change


def _image(rng: random.Random, manifest: Table) -> bool:
    name = rng.choice(sorted(manifest["services"]))
    service = manifest["services"][name]
    if "image" not in service:
        return False
    service["image"] = rng.choice([image for image in IMAGES if image != service["image"]])
    return True


def _add(rng: random.Random, manifest: Table) -> bool:
    manifest["services"]["extra"] = _service(rng, "extra", manifest["services"])
    return True


def _remove(rng: random.Random, manifest: Table) -> bool:
    if len(manifest["services"]) == 1:
        return False
    del manifest["services"][rng.choice(sorted(manifest["services"]))]
    return True


def _rename(rng: random.Random, manifest: Table) -> bool:
    services = manifest["services"]
    old = rng.choice(sorted(services))
    if "renamed" in services:  # once is enough: a service cannot have been itself
        return False
    manifest["services"] = {("renamed" if name == old else name): one for name, one in services.items()}
    for service in manifest["services"].values():
        if "needs" in service:
            service["needs"] = ["renamed" if need == old else need for need in service["needs"]]
        for key, value in service.get("compose", {}).items():
            if value == f"service:{old}":
                service["compose"][key] = "service:renamed"
    if rng.random() < 0.7:
        services = manifest["services"]
        services["renamed"]["was"] = old
    return True


def _network_settings(rng: random.Random, manifest: Table) -> bool:
    back = manifest.setdefault("networks", {}).setdefault("back", {})
    back["internal"] = not back.get("internal", False)
    return any("back" in service.get("networks", ()) for service in manifest["services"].values())


def _swap_ports(_: random.Random, manifest: Table) -> bool:
    """Ports that move from one service to another."""
    publishing = [one for one in manifest["services"].values() if "publish" in one]
    if len(publishing) >= 2:
        one, other = publishing[:2]
        one["publish"], other["publish"] = other["publish"], one["publish"]
        return True
    others = [one for one in manifest["services"].values() if "publish" not in one and "compose" not in one]
    if publishing and others:
        others[0]["publish"] = publishing[0].pop("publish")
        return True
    return False


def _everything(rng: random.Random, manifest: Table) -> bool:
    """A change of every service at once."""
    for service in manifest["services"].values():
        service.setdefault("env", {})["ALL"] = str(rng.randint(0, 9))
    return True


CHANGES: dict[str, Callable[[random.Random, Table], bool]] = {
    "image": _image,
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "network-settings": _network_settings,
    "swap-ports": _swap_ports,
    "everything": _everything,
    **{kind: _option(kind) for kind in OPTIONS},
}


def _settle(manifest: Table) -> None:
    """Make a manifest one that loads: what a user could not have written is taken out."""
    services: Table = manifest["services"]
    taken: set[str] = set()
    for name, service in services.items():
        shares = service.get("compose", {})
        gone = [key for key, value in shares.items() if _shared(value) not in (None, *services)]
        gone += [key for key, value in shares.items() if _shared(value) == name]
        for key in gone:
            del shares[key]
        if "network_mode" in shares:
            for key in ("networks", "publish"):
                service.pop(key, None)
        service["publish"] = [port for port in service.pop("publish", []) if port not in taken]
        taken.update(service["publish"])
        if any("@" in port for port in service["publish"]):
            service["replicas"] = 1
        if service.get("restart") == "no":
            service["replicas"] = 1
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
