"""What would make apply fail for sure and can be seen before it starts."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.data import data_places
from shipyard.compile.known_images import is_database, known_image, major_version
from shipyard.compile.storage import key_volume
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Problem
from shipyard.reconcile.development import development_problems
from shipyard.reconcile.passing import passing_problems
from shipyard.reconcile.ports import port_problems
from shipyard.reconcile.resources import KEY_ADDRESS
from shipyard.reconcile.restoring import restore_problems
from shipyard.reconcile.settings import network_causes, volume_causes


def problems(
    desired: Desired, observed: Observed, names: Mapping[str, frozenset[str]], gone: frozenset[str]
) -> tuple[Problem, ...]:
    """All of them, in the order of addresses. `names` are those that a service's containers will be given,
    `gone` the ids of containers that the plan removes."""
    found = [*_name_problems(names, observed), *port_problems(desired, observed, gone)]
    found += _network_problems(desired, observed) + _volume_problems(desired, observed)
    found += _database_problems(desired, observed) + _limit_problems(desired, observed)
    found += _compose_problems(desired, observed) + _key_problems(desired, observed)
    found += _data_problems(desired, observed, gone) + development_problems(desired)
    found += _bind_problems(desired, observed) + passing_problems(desired, observed)
    found += restore_problems(observed)
    return tuple(sorted(found, key=lambda problem: (problem.address, problem.title)))


def _of(owner: str) -> str:
    return f"of {owner}" if owner else "that is not Shipyard's"


def _instead(owner: str, hint: str) -> str:
    """What is another stage's is not to be removed or used for this one."""
    another = "choose another name for this project, stage or instance: one is made of all three"
    return another if owner else hint


def _name_problems(names: Mapping[str, frozenset[str]], observed: Observed) -> list[Problem]:
    """Other people's containers under names that ours will be given."""
    return [
        Problem(
            address=f"service.{service}",
            title=f"a container {_of(foreign.owner)} already has the name {foreign.name}",
            hint=_instead(
                foreign.owner, f"rename the project, or remove it if it is yours: docker rm -f {foreign.name}"
            ),
        )
        for service, wanted in names.items()
        for foreign in observed.foreign
        if foreign.name in wanted
    ]


def _compose_problems(desired: Desired, observed: Observed) -> list[Problem]:
    """Compose takes every container of its project for its own: it would start, scale and remove these."""
    declared, project = {spec.name for spec in desired.services}, desired.deployment
    return [
        Problem(
            address=f"service.{foreign.compose_service}",
            title=f"container {foreign.name} is {foreign.compose_service} of a Compose project {project} "
            f"{_of(foreign.owner)}, and Compose would take it for this one",
            hint=_instead(
                foreign.owner,
                f"remove it, its named volumes stay: docker rm -f {foreign.name}; or rename this project",
            ),
        )
        for foreign in observed.foreign
        if foreign.compose_project == project and foreign.compose_service in declared
    ]


def _key_problems(desired: Desired, observed: Observed) -> list[Problem]:
    """Without a key of its own every plan would find all secrets changed."""
    name = key_volume(desired.deployment)
    taken = [one for one in observed.volumes if one.name == name and not one.owned]
    if not any(spec.secrets for spec in desired.services):
        return []
    return [
        Problem(
            address=KEY_ADDRESS,
            title=f"a volume {_of(owner)} already has the name {name}",
            hint=_instead(
                owner, f"rename the project, or remove it if nothing needs it: docker volume rm {name}"
            ),
        )
        for owner in (labels.owner(one.labels) for one in taken)
    ]


def _network_problems(desired: Desired, observed: Observed) -> list[Problem]:
    by_name = {network.name: network for network in observed.networks}
    found = []
    for spec in desired.networks:
        there = by_name.get(spec.name)
        owner = labels.owner(there.labels) if there is not None else ""
        if spec.external and there is None:
            found.append(
                Problem(
                    address=f"network.{spec.key}",
                    title=f"the external network {spec.name} does not exist",
                    hint=f"docker network create {spec.name}, or drop external = true",
                )
            )
        elif not spec.external and there is not None and not there.owned:
            found.append(
                Problem(
                    address=f"network.{spec.key}",
                    title=f"a network {_of(owner)} already has the name {spec.name}",
                    hint=_instead(owner, f"declare [networks.{spec.key}] with external = true to use it"),
                )
            )
        elif not spec.external and there is not None and network_causes(spec, there):
            found += [
                Problem(
                    address=f"network.{spec.key}",
                    title=f"the settings of network {spec.name} changed, and {foreign.name}, which is not "
                    "Shipyard's, is on it",
                    hint=f"take it off: docker network disconnect {spec.name} {foreign.name}",
                )
                for foreign in observed.foreign
                if spec.name in foreign.networks
            ]
    return found


def _volume_problems(desired: Desired, observed: Observed) -> list[Problem]:
    by_name = {volume.name: volume for volume in observed.volumes}
    found = []
    for spec in desired.volumes:
        there = by_name.get(spec.name)
        address = f"volume.{spec.key}"
        owner = labels.owner(there.labels) if there is not None else ""
        if spec.external and there is None:
            found.append(
                Problem(
                    address=address,
                    title=f"the external volume {spec.name} does not exist",
                    hint=f"docker volume create {spec.name}, or drop external = true",
                )
            )
        elif not spec.external and there is not None and not there.owned:
            found.append(
                Problem(
                    address=address,
                    title=f"a volume {_of(owner)} already has the name {spec.name}",
                    hint=_instead(
                        owner, f"declare [volumes.{spec.key}] with external = true to use it and its data"
                    ),
                )
            )
        elif not spec.external and there is not None and volume_causes(spec, there):
            found.append(
                Problem(
                    address=address,
                    title=f"the settings of volume {spec.name} changed; a volume cannot be changed in place",
                    hint=f"declare a new volume and copy: docker run --rm -v {spec.name}:/from -v NEW:/to "
                    "IMAGE cp -a /from/. /to",
                )
            )
    return found


def _database_problems(desired: Desired, observed: Observed) -> list[Problem]:
    """A database of another major version does not read the files of the one before."""
    recorded = {volume.name: volume.labels.get(labels.DATABASE, "") for volume in observed.volumes}
    found = []
    for spec in desired.services:
        if not is_database(spec.image):
            continue
        kept = {mount.source for mount in spec.volumes if mount.kind == "volume" and mount.source}
        earlier = [recorded[name] for name in sorted(kept & recorded.keys())]
        if kept <= recorded.keys():
            # An image's own anonymous volume, or one from before the volume said whose data it holds.
            earlier += [one.image for one in observed.containers if one.service == spec.name]
        known = known_image(spec.image)
        for before in earlier:
            versions = major_version(before), major_version(spec.image)
            if known_image(before) != known or versions[0] == versions[1]:
                continue
            if all(version.isdigit() for version in versions):
                dump = f"shipyard exec {spec.name} {known.dump if known else ''} > dump.sql"
                found.append(
                    Problem(
                        address=f"service.{spec.name}",
                        title=f"{before} to {spec.image} is a change of major version over existing data",
                        hint=f"dump with the old version ({dump}), give the new one a new volume, "
                        "and restore there",
                    )
                )
                break
    return found


def _data_problems(desired: Desired, observed: Observed, gone: frozenset[str]) -> list[Problem]:
    """Others at work on a database's data: somebody else's container, somebody's own `run` of the service, or
    a server that a plan of some services leaves alone."""
    found = []
    for spec in desired.services:
        places = data_places(spec, desired.manifest.root)
        if not places:
            continue
        staying = [one for one in observed.containers if one.at_work and one.id not in gone and not one.job]
        ours = [one for one in staying if one.service == spec.name and not one.one_off]
        others = [(one.name, frozenset(one.writes)) for one in observed.foreign]
        others += [
            (one.name, one.places)
            for one in staying
            if one not in ours and known_image(one.image) == known_image(spec.image)
        ]
        found += [
            Problem(
                address=f"service.{spec.name}",
                title=f"container {name} runs with {place}, where {spec.name} keeps its data: two servers at "
                "once would damage it",
                hint=f"stop it: docker stop {name}",
            )
            for place in sorted(places - {held for one in ours for held in one.places})
            for name, held in others
            if place in held
        ]
    return found


def _bind_problems(desired: Desired, observed: Observed) -> list[Problem]:
    """A path that begins in the project's folder is none on the machine of an engine elsewhere."""
    return [
        Problem(
            address=f"service.{spec.name}",
            title=f"volumes: the folder {mount.source} is of this machine, and the engine runs on another",
            hint="let the image hold it, keep data in a named volume, or name a full path of that machine",
        )
        for spec in desired.services
        for mount in spec.volumes
        if not observed.engine.local
        and mount.kind == "bind"
        and mount.source is not None
        and not mount.source.startswith("/")
    ]


def _limit_problems(desired: Desired, observed: Observed) -> list[Problem]:
    """The engine refuses more cores than its machine has."""
    cores = observed.engine.cpus
    return [
        Problem(
            address=f"service.{spec.name}",
            title=f"resources.cpus is {spec.cpus:g}, and the engine's machine has {cores}",
            hint=f"declare {cores} or fewer for this stage",
        )
        for spec in desired.services
        if cores and spec.cpus is not None and spec.cpus > cores
    ]
