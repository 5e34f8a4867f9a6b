"""Deployments that a manifest can declare, what one becomes when people edit it, and how they compile."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipyard.compile.desired import compile_desired
from shipyard.compile.storage import key_volume
from shipyard.engine.secret_values import keyed_digests
from shipyard.manifest.errors import Problems
from shipyard.manifest.sharing import host_services, shared_services
from shipyard.manifest.validate import validate
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.desired import Desired
from shipyard.model.manifest import (
    Manifest,
    Mount,
    Network,
    Publish,
    Resources,
    Secret,
    SecretRef,
    Service,
    Volume,
)
from shipyard.model.record import Record, replace

NAMES = ("a", "b", "c", "d")
SECRETS = ("PASSWORD", "TOKEN")
KEY = "5e" * 32
KEY_VOLUME = key_volume("shop-prod")


class Deployment(Record):
    """`source` is the text of the built services' source."""

    services: tuple[Service, ...]
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    source: str = "one"

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            root=Path("/srv/shop"),
            name="shop",
            stage="prod",
            services=self.services,
            networks=self.networks,
            volumes=self.volumes,
        )


def compiled(made: Deployment, values: Mapping[str, str], key: str = KEY) -> Desired:
    builds = {
        one.name: _build(one.name, made.source)
        for one in made.services
        if one.path is not None and one.like is None
    }
    return compile_desired(made.manifest, builds, keyed_digests(key, "shop", "prod", values))


def _build(service: str, source: str) -> tuple[Detected, BuildPlan]:
    digest = hashlib.sha256(source.encode()).hexdigest()
    plan = BuildPlan(
        service=service,
        repository=f"shop/{service}",
        context=".",
        dockerfile="FROM scratch\n",
        dockerignore="",
        facts={"python": "3.13"},
        files={"app.py": digest},
        tag=f"in-{digest[:16]}",
        recipe="1",
    )
    return Detected(framework=None, manager="pip", python="3.13"), plan


_MOUNTS = (
    (),
    (Mount(kind="volume", source="data", target="/srv"),),
    (Mount(kind="volume", source="logs", target="/logs", read_only=True),),
    (Mount(kind="volume", source=None, target="/scratch"),),
    (Mount(kind="bind", source="files", target="/files", read_only=True),),
)
_PORTS = (
    (),
    (),
    (Publish(host_port=None, container_port=80),),
    (Publish(host_port=8000, container_port=80),),
    (Publish(host_port=8001, container_port=80),),
    (Publish(host_port=8000, container_port=80), Publish(host_port=8001, container_port=81)),
    (Publish(host_ip="0.0.0.0", host_port=8001, container_port=80),),
)
_SHARED = ("network_mode", "pid", "ipc", "volumes_from")


def _service(rng: random.Random, name: str, others: tuple[str, ...]) -> Service:
    """`others` are those that it may need."""
    env = {key: (rng.choice("12"),) for key in "AB" if rng.random() < 0.5}
    whole: Mapping[str, Any] = {**env, "URL": ("db://", SecretRef(name="PASSWORD"))}
    image = rng.choice(["redis:7", "redis:8", "postgres:17", "acme/app:1", "acme/app:1", None])
    compose: Mapping[str, Any] = rng.choice([{}, {}, {}, {"pids_limit": 50}])
    if others and rng.randint(0, 3) == 3:
        key, host = rng.choice(_SHARED), rng.choice(others)
        several = sorted({host, rng.choice(others)})
        compose = {key: several if key == "volumes_from" else f"service:{host}"}
    return Service(
        name=name,
        image=image,
        path=None if image else ".",
        needs=tuple(one for one in others if rng.random() < 0.5),
        replicas=rng.randint(1, 3),
        env=whole if rng.random() < 0.5 else env,
        secrets=tuple(
            Secret(name=one, source=one, delivery=rng.choice(["env", "file"]))
            for one in SECRETS
            if rng.random() < 0.3
        ),
        publish=rng.choice(_PORTS),
        volumes=rng.choice(_MOUNTS),
        networks=rng.choice([(), (), ("back",), ("back", "default"), ("default", "outside")]),
        resources=Resources(cpus=rng.choice([None, 1, 0.5])),
        restart=rng.choice([None, None, "no", "on-failure:3"]),
        user=rng.choice([None, None, "1000"]),
        before_deploy=rng.choice([None, None, ("migrate",)]),
        rollout=rng.choice(["stop-first", "stop-first", "start-first"]),
        compose=compose,
    )


_VOLUMES: tuple[tuple[Volume, ...], ...] = ((), (), (Volume(key="data", driver="local"),))


def _networks(rng: random.Random) -> tuple[Network, ...]:
    internal = rng.random() < 0.5
    return (Network(key="back", internal=internal), Network(key="outside", external=True))


def random_deployment(rng: random.Random) -> Deployment:
    made: list[Service] = []
    for name in NAMES[: rng.randint(1, 4)]:
        made.append(_service(rng, name, tuple(one.name for one in made)))
        owner = next((one for one in made[:-1] if one.path is not None and one.like is None), None)
        if owner is not None and rng.randint(0, 2) == 2:
            made[-1] = replace(made[-1], like=owner.name, path=".")
    return settled(
        Deployment(
            services=tuple(made),
            networks=_networks(rng),
            volumes=rng.choice(_VOLUMES),
            source=rng.choice(["one", "two"]),
        )
    )


_KEYS = tuple(one for one in Service.fields if one not in ("name", "like", "path", "was"))


def edited(rng: random.Random, before: Deployment) -> Deployment:
    """The same deployment some commits later: services changed, added, removed, renamed."""
    names: dict[str, str] = {}
    after: list[Service] = []
    for old in before.services:
        fate = rng.choice(["same", "same", "changed", "changed", "renamed", "removed"])
        if fate == "removed":
            continue
        one = old
        if fate == "changed":
            other = _service(rng, old.name, tuple(one.name for one in after))
            keys = rng.sample(_KEYS, rng.randint(1, 3))
            one = replace(old, **{key: getattr(other, key) for key in keys if key != "image" or old.image})
            if one.image is None and one.path is None:
                one = replace(one, image=old.image)
        if fate == "renamed":
            names[old.name] = f"new{old.name}"
            was = old.name if rng.randint(0, 3) else None
            one = replace(old, name=names[old.name], was=was)
        after.append(one)
    if not after or rng.randint(0, 3) == 3:
        after.append(_service(rng, "x", tuple(one.name for one in after)))
    if rng.randint(0, 3) == 3:
        after.reverse()
    networks = rng.choice((before.networks, _networks(rng)))
    volumes = rng.choice((before.volumes, rng.choice(_VOLUMES)))
    source = rng.choice([before.source, "three"])
    return settled(
        Deployment(
            services=tuple(_renamed_in(one, names) for one in after),
            networks=networks,
            volumes=volumes,
            source=source,
        )
    )


def _renamed_in(one: Service, names: Mapping[str, str]) -> Service:
    """What a service says of others, under their new names."""
    shared = {
        key: f"service:{names.get(host, host)}"
        for key, host in shared_services(one.compose)
        if key != "volumes_from"
    }
    if sources := one.compose.get("volumes_from"):
        shared["volumes_from"] = [names.get(host, host) for host in sources]
    return replace(
        one,
        needs=tuple(names.get(need, need) for need in one.needs),
        like=names.get(one.like, one.like) if one.like else None,
        compose={**one.compose, **shared},
    )


@dataclass(slots=True)
class _Settling:
    """What the services so far have taken, and what each waits for."""

    ports: set[int] = field(default_factory=set)
    before: dict[str, set[str]] = field(default_factory=dict)


def settled(made: Deployment) -> Deployment:
    """What a user could not have written is taken out, so that it loads."""
    so_far = _Settling()
    by_name = {one.name: one for one in made.services}
    sharing = [_sharing(one, by_name, so_far) for one in made.services]
    entered = {host for one in sharing for key, host in shared_services(one.compose) if key == "ipc"}
    sharing = [
        replace(one, compose={"ipc": "shareable", **one.compose}) if one.name in entered else one
        for one in sharing
    ]
    by_name = {one.name: one for one in sharing}
    made = replace(made, services=tuple(_settled(one, by_name, so_far) for one in sharing))
    problems = Problems()
    validate(made.manifest, problems)
    assert not problems.found, problems.found
    return made


def _sharing(one: Service, by_name: Mapping[str, Service], so_far: _Settling) -> Service:
    """Only with others that are there, and that do not live in this one."""
    owner = by_name.get(one.like or "")
    if one.like is not None and (owner is None or owner.path is None or owner.like is not None):
        one = replace(one, like=None)
    if one.like is not None:
        one = replace(one, image=None, command=("work",))
    compose = dict(one.compose)
    for key, host in shared_services(one.compose):
        there = host in by_name and not _leads_to(so_far, host, one.name)
        # Of a service that may run to its end only the volumes can be shared.
        if not there or (key != "volumes_from" and by_name[host].restart == "no"):
            compose.pop(key, None)
    so_far.before[one.name] = set(host_services(compose))
    networks = () if "network_mode" in compose else one.networks
    return replace(one, compose=compose, networks=networks)


def _settled(one: Service, by_name: Mapping[str, Service], so_far: _Settling) -> Service:
    by_network = "network_mode" not in one.compose
    needs = []
    for need in one.needs:
        other = by_name.get(need)
        if other is None or _leads_to(so_far, need, one.name):
            continue
        alone = by_network and "network_mode" not in other.compose
        if alone and not set(one.networks or ("default",)) & set(other.networks or ("default",)):
            continue
        needs.append(need)
        so_far.before[one.name].add(need)
    publish = tuple(port for port in one.publish or () if by_network and port.host_port not in so_far.ports)
    so_far.ports.update(port.host_port for port in publish if port.host_port)
    fixed = any(port.host_port for port in publish)
    writes = any(mount.source and not mount.read_only for mount in one.volumes)
    return replace(
        one,
        needs=tuple(needs),
        publish=publish,
        replicas=1 if fixed or one.restart == "no" else one.replicas,
        rollout="stop-first" if fixed or writes else one.rollout,
    )


def _leads_to(so_far: _Settling, start: str, goal: str) -> bool:
    """Whether one service waits for another, as far as is settled."""
    return start == goal or any(_leads_to(so_far, one, goal) for one in so_far.before.get(start, ()))
