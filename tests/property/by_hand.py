"""What people and interrupted runs do to a deployment, and the same world as another list call tells it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from property.worlds import OWN, identity, moment, moment_of, own_name, secret_volume

from shipyard.compile import labels
from shipyard.model.observed import Container, Foreign, HostPort, Network, Observed
from shipyard.model.record import replace
from shipyard.reconcile.leftovers import HELPER

Fields = dict[str, Any]


def _later(one: Container) -> Fields:
    return {"started_at": moment(moment_of(one) + 1000)}


def _off(one: Container) -> Fields:
    """Taken off one network."""
    return {"networks": one.networks[1:], "network_ids": _without(one, one.network_ids)}


def _without(one: Container, table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name in one.networks[1:]}


def _strange(name: str) -> Callable[[Container], Fields]:
    return lambda one: {
        "networks": (*one.networks, name),
        "network_ids": {**one.network_ids, name: identity(f"network {name}")},
        "aliases": {**one.aliases, name: ()},
    }


OTHER_INPUTS = '{"depth":0,"facts":{"python":"3.0"},"files":{}}'
"""What an image of something else records."""
DOWN: Fields = {"ports": (), "health": ""}
DISTURBED: dict[str, Callable[[Container], Fields]] = {
    "untouched": lambda one: {},
    "killed": lambda one: {**DOWN, "state": "exited", "exit_code": 137},
    "ended": lambda one: {**DOWN, "state": "exited", "exit_code": 0},
    "paused": lambda one: {"state": "paused"} if one.state == "running" else {},
    "dead": lambda one: {**DOWN, "state": "dead"},
    "never started": lambda one: {**DOWN, "state": "created", "started_at": ""},
    "restarting": lambda one: {**DOWN, "state": "restarting", "exit_code": 1, "restarts": 5},
    "restarted": lambda one: _later(one) if one.state == "running" else {},
    "restart policy": lambda one: {"restart": "always"},
    "more cores": lambda one: {"cpus": 2.0},
    "fewer cores": lambda one: {"cpus": 0.25},
    "memory": lambda one: {"memory": 64 << 20},
    "limit": lambda one: {"limits": {**one.limits, "CpuShares": 512}},
    "disconnected": _off,
    "nameless": lambda one: {"aliases": dict.fromkeys(one.networks, ())},
    "on an old network": _strange("shop-prod_old"),
    "on a strange network": _strange("elsewhere"),
    "damaged spec": lambda one: {"spec": None},
    "later format": lambda one: {} if one.shares else {"spec": {"format": 99}},
    "unhealthy": lambda one: {"health": "unhealthy"} if one.health else {},
    "image moved": lambda one: {"image_id": "sha256:other"},
    "made of a moved tag": lambda one: (
        {"labels": {**one.labels, labels.INPUTS: OTHER_INPUTS}} if labels.INPUTS in one.labels else {}
    ),
    "lives in what is gone": lambda one: {"shares": (identity("gone"),)} if one.shares else {},
}
RECORDS: dict[str, Callable[[Container], Fields]] = {
    "untouched": lambda one: {},
    "failed": lambda one: {"exit_code": 1},
    "running": lambda one: {"state": "running"},
    "damaged": lambda one: {"job": None},
    "of another command": lambda one: {"job": {**(one.job or {}), "command": ["earlier"]}},
}


def disturbed(rng: random.Random, observed: Observed) -> Observed:
    """The same world after someone has been at it by hand, or an apply was interrupted."""
    made: list[Container] = []
    for one in observed.containers:
        if one.one_off:
            made += _record(rng, one)
        elif rng.randint(0, 7) != 7:
            made.append(replace(one, **DISTURBED[rng.choice(list(DISTURBED))](one)))
    for _ in range(rng.randint(0, 2)):
        EXTRAS[rng.choice(list(EXTRAS))](rng, made, observed)
    old = Network(id=identity("network shop-prod_old"), name="shop-prod_old", owned=rng.random() < 0.5)
    elsewhere = Network(id=identity("network elsewhere"), name="elsewhere", owned=False)
    seen = replace(observed, containers=tuple(made), networks=(*observed.networks, old, elsewhere))
    for change in rng.sample((_networks, _volumes, _images, _strangers), rng.choice((0, 1, 1, 2, 3))):
        seen = change(rng, seen)
    return seen


def _record(rng: random.Random, one: Container) -> list[Container]:
    fate = rng.choice(["gone", "twice", *RECORDS])
    if fate == "gone":
        return []
    if fate == "twice":
        return [one, replace(one, id=identity(one.id), name=f"{one.name}-earlier", exit_code=1)]
    return [replace(one, **RECORDS[fate](one))]


def _replica(rng: random.Random, made: list[Container], _: Observed) -> None:
    """One more than is declared."""
    single = [one for one in made if not one.one_off and not one.ports]
    if single:
        one = rng.choice(single)
        number = max(other.number for other in single if other.service == one.service) + 1
        name = own_name(one.service, number)
        if name not in {other.name for other in made}:
            made.append(replace(one, id=identity(f"more {number} {one.id}"), number=number, name=name))


def _renamed(rng: random.Random, made: list[Container], _: Observed) -> None:
    """A name of someone's own, or that of another which gets this one's."""
    index = rng.randint(0, len(made))
    if index < len(made) and "shop-prod-elsewhere" not in {one.name for one in made}:
        other = rng.randint(0, len(made))
        names = made[index].name, "shop-prod-elsewhere"
        if made[index].one_off:
            return
        if other < len(made) and not made[other].one_off:
            names = names[0], made[other].name
            made[other] = replace(made[other], name=names[0])
        made[index] = replace(made[index], name=names[1])


def _interrupted(rng: random.Random, made: list[Container], _: Observed) -> None:
    """A recreate that did not come to its end: the new one has half a name, the old one may be gone."""
    originals = [one for one in made if not one.one_off and "_shop" not in one.name]
    if not originals:
        return
    one = rng.choice(originals)
    half = replace(
        one,
        id=identity(f"half {one.id}"),
        name=f"{one.id[:12]}_{one.name}",
        **DOWN,
        state="created",
        exit_code=0,
        started_at="",
    )
    if half.name not in {other.name for other in made}:
        made.append(half)
        if rng.random() < 0.5:
            made.remove(one)


def _orphan(rng: random.Random, made: list[Container], _: Observed) -> None:
    """A service that is no longer declared, with a port that another one may want."""
    if made and "orphan" not in {one.id for one in made}:
        one = rng.choice(made)
        port = rng.choice([8000, 8001])
        held = {port.host_port for other in made for port in other.ports}
        ports = () if port in held else (_port(port),)
        made.append(replace(one, id="orphan", service="gone", name=own_name("gone", 1), ports=ports))


def _helper(rng: random.Random, made: list[Container], observed: Observed) -> None:
    """What carried secret files when a run was interrupted."""
    secrets = [one for one in observed.volumes if one.labels.get(labels.ROLE) == "secrets"]
    if secrets and "helper" not in {one.id for one in made}:
        volume = rng.choice(secrets)
        service = volume.labels[labels.SERVICE]
        made.append(
            Container(
                id="helper",
                name="quick_helper",
                service=service,
                number=0,
                state="created",
                exit_code=0,
                health="",
                image="shipyard/empty:1",
                image_id="empty",
                spec=None,
                one_off=True,
                labels={**OWN, labels.ROLE: HELPER, labels.SERVICE: service},
                volumes=(volume.name,),
            )
        )


def _session(rng: random.Random, made: list[Container], _: Observed) -> None:
    """Someone's own `docker compose run` of a service."""
    running = [one for one in made if one.state == "running" and not one.one_off]
    if running and "session" not in {one.id for one in made}:
        one = rng.choice(running)
        made.append(replace(one, id="session", name=f"{one.name}-run", one_off=True, ports=()))


EXTRAS: dict[str, Callable[[random.Random, list[Container], Observed], None]] = {
    "replica": _replica,
    "renamed": _renamed,
    "interrupted": _interrupted,
    "orphan": _orphan,
    "helper": _helper,
    "session": _session,
}


def _networks(rng: random.Random, seen: Observed) -> Observed:
    """One removed, or removed and made again; those that were up on it were taken off."""
    if not seen.networks:
        return seen
    network = rng.choice(seen.networks)
    left = [one for one in seen.networks if one is not network]
    if rng.random() < 0.5:
        left.append(replace(network, id=identity(network.id)))
    return replace(
        seen,
        networks=tuple(left),
        containers=tuple(_taken_off(one, network.name) for one in seen.containers),
    )


def _taken_off(one: Container, network: str) -> Container:
    if one.state not in ("running", "paused", "restarting"):
        return one
    return replace(
        one,
        networks=tuple(name for name in one.networks if name != network),
        network_ids={name: ident for name, ident in one.network_ids.items() if name != network},
        aliases={name: names for name, names in one.aliases.items() if name != network},
    )


def _volumes(rng: random.Random, seen: Observed) -> Observed:
    """What nobody mounts can be removed; an earlier version of secret files may be left."""
    mounted = {name for one in seen.containers for name in one.volumes}
    kept = [one for one in seen.volumes if one.name in mounted or rng.random() < 0.5]
    if rng.random() < 0.5:
        kept.append(secret_volume("a", "shop-prod_a-secrets-earlier"))
    return replace(seen, volumes=tuple(kept))


def _images(rng: random.Random, seen: Observed) -> Observed:
    """Tags taken away, so that a pull brings what was there, and tags of built images given to others."""
    gone = [one for one in sorted(seen.images) if rng.random() < 0.3]
    moved = [one for one in sorted(seen.inputs) if one not in gone and rng.random() < 0.3]
    others = dict.fromkeys(moved, "sha256:moved")
    return replace(
        seen,
        images={name: ident for name, ident in (seen.images | others).items() if name not in gone},
        inputs=seen.inputs | dict.fromkeys(moved, OTHER_INPUTS),
        containers=tuple(
            replace(one, image_id=f"sha256:{one.image}") if gone else one for one in seen.containers
        ),
    )


def _port(number: int) -> HostPort:
    return HostPort(host_ip="0.0.0.0", host_port=number, container_port=80, protocol="tcp")


def _strangers(rng: random.Random, seen: Observed) -> Observed:
    """Other people's containers, on our names, ports and networks; what had them was removed or stopped."""
    port = rng.choice([80, 8000, 8001])
    stranger = Foreign(
        name=rng.choice(["shop-prod-a-1", "shop-prod-b-2", "x"]),
        ports=(_port(port),),
        networks=rng.choice([(), ("shop-prod_old",), ("shop-prod_back",)]),
        volumes=(),
        compose_project=None,
    )
    left = [one for one in seen.containers if one.name != stranger.name]
    return replace(
        seen,
        foreign=(stranger,),
        listening=rng.choice([(), (("0.0.0.0", 8000),)]),
        containers=tuple(
            replace(one, **DOWN, state="exited", exit_code=137)
            if any(held.host_port == port for held in one.ports)
            else one
            for one in left
        ),
    )


def mixed(value: Any) -> Any:
    """JSON values with every table's keys the other way round."""
    if isinstance(value, Mapping):
        return {key: mixed(value[key]) for key in reversed(list(value))}
    return value


def shuffled(rng: random.Random, observed: Observed) -> Observed:
    """The same world as another list call might tell it."""
    return replace(
        observed,
        containers=tuple(
            replace(
                one,
                spec=mixed(one.spec),
                job=mixed(one.job),
                labels=mixed(one.labels),
                network_ids=mixed(one.network_ids),
                aliases=mixed(one.aliases),
            )
            for one in rng.sample(observed.containers, len(observed.containers))
        ),
        networks=tuple(rng.sample(observed.networks, len(observed.networks))),
        volumes=tuple(rng.sample(observed.volumes, len(observed.volumes))),
        foreign=tuple(rng.sample(observed.foreign, len(observed.foreign))),
        images=mixed(observed.images),
    )
