"""What was applied, edited and disturbed: the worlds that plans are made for."""

from __future__ import annotations

import random

from property.by_hand import disturbed
from property.deployments import KEY_VOLUME, Deployment, compiled, edited, random_deployment
from property.worlds import made_network, made_volume, world

from shipyard.compile import labels
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Plan
from shipyard.model.record import Record, replace
from shipyard.reconcile.reconcile import reconcile

NEW_KEY = "a1" * 32
ALL_VALUES = {"PASSWORD": "first", "TOKEN": "second"}


class Scene(Record):
    """What is declared and what runs; `key` digests the secrets."""

    desired: Desired
    observed: Observed
    key: str

    @property
    def plan(self) -> Plan:
        """Made anew each time."""
        return reconcile(self.desired, self.observed)


def looked(made: Deployment, observed: Observed, values: dict[str, str]) -> Scene:
    """As a command begins: the key is the recorded one, or a new one."""
    found = next((one.labels[labels.KEY] for one in observed.volumes if one.name == KEY_VOLUME), NEW_KEY)
    return Scene(desired=compiled(made, values, found), observed=observed, key=found)


def scene_of(rng: random.Random) -> Scene:
    """What was applied, was edited, and was disturbed."""
    before = random_deployment(rng)
    after = edited(rng, before) if rng.random() < 0.75 else before
    observed = world(compiled(before, ALL_VALUES))
    if rng.random() < 0.8:
        observed = disturbed(rng, observed)
    return looked(after, observed, {**ALL_VALUES, "TOKEN": rng.choice(["second", "third"])})


def cleared(scene: Scene) -> Scene:
    """The same after people have mended what a plan's problems name."""
    desired, observed = scene.desired, scene.observed
    networks = {one.name: one for one in observed.networks}
    for network in desired.networks:
        if network.external or (network.name in networks and not networks[network.name].owned):
            networks[network.name] = networks.get(network.name) or made_network(network, f"id {network.name}")
            networks[network.name] = replace(networks[network.name], owned=not network.external)
    volumes = {one.name: one for one in observed.volumes}
    for volume in desired.volumes:
        if volume.external or volume.name in volumes:
            volumes[volume.name] = made_volume(volume)
    wanted = {publish.host_port for spec in desired.services for publish in spec.publish}
    staying = [
        one
        for one in observed.containers
        if one.one_off or one.spec != {"format": 99} or not wanted & {port.host_port for port in one.ports}
    ]
    there = replace(
        observed,
        containers=tuple(staying),
        networks=tuple(networks.values()),
        volumes=tuple(volumes.values()),
        foreign=(),
        listening=(),
    )
    return replace(scene, observed=there)
