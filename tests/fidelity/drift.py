"""What people do to containers by hand."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import APIError, NotFound

FOREIGN = "shipyard-fidelity.foreign"
Container = dict[str, Any]


class Nothing(Exception):
    """It cannot be done to this container."""


class Hands:
    """Does things to the containers of one deployment, each by the docker API and without a word to Shipyard.

    What cannot be done to a container in its state (a pause of one that is stopped) is left undone.
    """

    def __init__(
        self, deployment: str, image: str, rng: random.Random, scale: Callable[[str, int], None]
    ) -> None:
        """`image` is what strangers run; `scale` has Compose run so many containers of a service."""
        self.api = docker.APIClient(timeout=60)
        self.deployment = deployment
        self.scale = scale
        self.image = image
        self.rng = rng

    def do(self, kind: str) -> str:
        """Do it to some container that it can be done to; what was done in words."""
        found, why = self._containers(), "there is no container"
        for chosen in self.rng.sample(found, len(found)):
            try:
                said = ACTIONS[kind](self, chosen)
            except (APIError, Nothing) as error:
                why = str(error)
            else:
                return f"{kind}: {said or chosen['Names'][0].lstrip('/')}"
        return f"{kind}: nothing, {why}"

    def clean_up(self) -> None:
        """Remove what is not of the deployment and was put in its way."""
        for one in self.api.containers(all=True, filters={"label": f"{FOREIGN}={self.deployment}"}):
            self.api.remove_container(one["Id"], force=True)
        for network in self.api.networks(filters={"label": f"{FOREIGN}={self.deployment}"}):
            with contextlib.suppress(NotFound, APIError):
                self.api.remove_network(network["Id"])
        for volume in self.api.volumes(filters={"label": f"{FOREIGN}={self.deployment}"})["Volumes"] or ():
            self.api.remove_volume(volume["Name"])

    def close(self) -> None:
        self.api.close()

    def _containers(self, *, jobs: bool = False) -> list[Container]:
        wanted = f"com.docker.compose.project={self.deployment}"
        one_off = "com.docker.compose.oneoff=" + ("True" if jobs else "False")
        found = self.api.containers(all=True, filters={"label": [wanted, one_off]})
        return sorted(found, key=lambda one: one["Names"])

    def kill(self, one: Container) -> None:
        self.api.kill(one["Id"])
        self._ended_with(one)

    def stop(self, one: Container) -> None:
        self.api.stop(one["Id"], timeout=1)
        self._ended_with(one)

    def _ended_with(self, one: Container) -> None:
        """The kernel ends all that lives in its process namespace; a plan is of what is left then."""
        for other in self._containers():
            guest = self.api.inspect_container(other["Id"])
            if guest["HostConfig"]["PidMode"] == f"container:{one['Id']}" and guest["State"]["Running"]:
                self.api.wait(other["Id"], timeout=10)

    def pause(self, one: Container) -> None:
        self.api.pause(one["Id"])

    def remove(self, one: Container) -> None:
        self.api.remove_container(one["Id"], force=True)
        self._ended_with(one)

    def rename(self, one: Container) -> None:
        self.api.rename(one["Id"], f"{self.deployment}-elsewhere")

    def half_named(self, one: Container) -> None:
        """As after a recreate that was interrupted when the old one was gone."""
        self.api.rename(one["Id"], f"0123456789ab_{one['Names'][0].lstrip('/')}")

    def left_over(self, one: Container) -> None:
        """As after a recreate that was interrupted when the new one was made."""
        networks = sorted(one["NetworkSettings"]["Networks"])
        self.api.create_container(
            one["Image"],
            name=f"{one['Id'][:12]}_{one['Names'][0].lstrip('/')}",
            labels=one["Labels"],
            host_config=self.api.create_host_config(network_mode=networks[0] if networks else "none"),
        )

    def rename_to_another(self, one: Container) -> str:
        """Swap the names of two replicas or services."""
        others = [other for other in self._containers() if other["Id"] != one["Id"]]
        if not others:
            raise Nothing("only one")
        other = self.rng.choice(others)
        names = one["Names"][0].lstrip("/"), other["Names"][0].lstrip("/")
        self.api.rename(one["Id"], f"{self.deployment}-swapping")
        self.api.rename(other["Id"], names[0])
        self.api.rename(one["Id"], names[1])
        return f"{names[0]} <-> {names[1]}"

    def _network(self, one: Container) -> str:
        found = one["NetworkSettings"]["Networks"]
        names = sorted(name for name in found if name.startswith(self.deployment))
        if not names:
            raise Nothing("on no network")
        return self.rng.choice(names)

    def disconnect(self, one: Container) -> None:
        network = self._network(one)
        self.api.disconnect_container_from_network(one["Id"], network, force=True)

    def reconnect(self, one: Container) -> None:
        """Off and on again, without the names that it answered to."""
        network = self._network(one)
        self.api.disconnect_container_from_network(one["Id"], network, force=True)
        self.api.connect_container_to_network(one["Id"], network)

    def extra_network(self, one: Container) -> None:
        name = f"{self.deployment}-foreign-net"
        if not self.api.networks(names=[name]):
            self.api.create_network(name, labels={FOREIGN: self.deployment})
        self.api.connect_container_to_network(one["Id"], name)

    def _update(self, one: Container, **body: Any) -> None:
        api: Any = self.api
        answer = api._post_json(api._url("/containers/{0}/update", one["Id"]), data=body)
        api._raise_for_status(answer)

    def restart_policy(self, one: Container) -> None:
        self._update(one, RestartPolicy={"Name": self.rng.choice(("no", "always"))})

    def restart_count(self, one: Container) -> None:
        self._update(one, RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 9})

    def limits(self, one: Container) -> None:
        body = {"Memory": 40 << 20, "MemorySwap": 80 << 20}
        self._update(one, **self.rng.choice((body, {"NanoCpus": 750_000_000})))

    def limit_taken(self, one: Container) -> None:
        """More than was ever declared, on one that has no limit."""
        self._update(one, Memory=64 << 20, MemorySwap=128 << 20)

    def scale_up(self, one: Container) -> str:
        """`docker compose up --scale`, on what was applied."""
        service = one["Labels"]["com.docker.compose.service"]
        bindings = self.api.inspect_container(one["Id"])["HostConfig"]["PortBindings"] or {}
        if any(one["HostPort"] for ports in bindings.values() for one in ports):
            raise Nothing("its port can be held once")
        same = [x for x in self._containers() if x["Labels"]["com.docker.compose.service"] == service]
        if any(x["State"] == "paused" for x in same):
            raise Nothing("Compose does nothing while one is paused")
        self.scale(service, len(same) + 1)
        return f"{service} to {len(same) + 1}"

    def scale_down(self, one: Container) -> str:
        service = one["Labels"]["com.docker.compose.service"]
        same = [x for x in self._containers() if x["Labels"]["com.docker.compose.service"] == service]
        if len(same) == 1:
            raise Nothing("only one")
        self.api.remove_container(self.rng.choice(same)["Id"], force=True)
        return f"{service} to {len(same) - 1}"

    def _members(self, network: str) -> list[Container]:
        return [one for one in self._containers() if network in one["NetworkSettings"]["Networks"]]

    def network_recreated(self, one: Container) -> str:
        """Under stopped containers or after taking all off it, with the settings that it had."""
        network = self._network(one)
        before = self.api.inspect_network(network)
        self._remove_network(network)
        self.api.create_network(
            network, driver=before["Driver"], internal=before["Internal"], labels=before["Labels"]
        )
        return network

    def network_removed(self, one: Container) -> str:
        network = self._network(one)
        self._remove_network(network)
        return network

    def _remove_network(self, network: str) -> None:
        stops = self.rng.random() < 0.5
        for member in self._members(network):
            if stops:
                # A stopped container stays on the network that is gone, by its id.
                self.api.stop(member["Id"], timeout=1)
            else:
                self.api.disconnect_container_from_network(member["Id"], network, force=True)
        self.api.remove_network(network)

    def _volume(self, one: Container) -> str:
        """A named volume of its own service; those who mount it are removed."""
        named = [
            mount["Name"] for mount in one["Mounts"] if mount.get("Name", "").startswith(self.deployment)
        ]
        named = [name for name in named if "-secrets-" not in name]
        if not named:
            raise Nothing("it has no volume")
        for other in (*self._containers(), *self._containers(jobs=True)):
            if named[0] in [mount.get("Name") for mount in other["Mounts"]]:
                self.api.remove_container(other["Id"], force=True)
        return named[0]

    def volume_removed(self, one: Container) -> str:
        volume = self._volume(one)
        self.api.remove_volume(volume)
        return volume

    def volume_recreated(self, one: Container) -> str:
        """With the labels that it had, or as someone would who knows nothing of them."""
        volume = self._volume(one)
        marks = self.api.inspect_volume(volume)["Labels"]
        self.api.remove_volume(volume)
        known = self.rng.random() < 0.5
        self.api.create_volume(volume, labels=marks if known else {FOREIGN: self.deployment})
        return f"{volume} " + ("as it was" if known else "as a stranger's")

    def key_removed(self, _: Container) -> str:
        name = f"{self.deployment}_shipyard-key"
        if name not in [one["Name"] for one in self.api.volumes()["Volumes"] or ()]:
            raise Nothing("there is no key")
        self.api.remove_volume(name)
        return name

    def image_moved(self, one: Container) -> str:
        """The tag of what runs now names another image: one of the project's own, never what others use."""
        image = self.api.inspect_container(one["Id"])["Config"]["Image"]
        if not image.startswith(f"{self.image.partition('/')[0]}/"):
            return f"{image} is not the project's own"
        repository, _, tag = image.partition(":")
        self.api.tag(self.image, repository, tag, force=True)
        return image

    def name_taken(self, one: Container) -> str:
        """Ours is removed, and a stranger has its name."""
        name = one["Names"][0].lstrip("/")
        self.api.remove_container(one["Id"], force=True)
        self._stranger(name)
        return name

    def port_taken(self, one: Container) -> str:
        """Ours is stopped, and a stranger has its port."""
        bindings = self.api.inspect_container(one["Id"])["HostConfig"]["PortBindings"] or {}
        ports = {key: value[0]["HostPort"] for key, value in bindings.items() if value[0]["HostPort"]}
        if not ports:
            raise Nothing("it publishes nothing")
        self.api.stop(one["Id"], timeout=1)
        key, port = sorted(ports.items())[0]
        self._stranger(f"{self.deployment}-stranger", {key: port})
        return f"{key} at {port}"

    def _stranger(self, name: str, ports: dict[str, str] | None = None) -> None:
        made = self.api.create_container(
            self.image,
            # To stay: its image may be one that ends where it is told nothing.
            entrypoint=["sleep", "infinity"],
            name=name,
            labels={FOREIGN: self.deployment},
            ports=[tuple(key.split("/")) for key in ports or {}],
            host_config=self.api.create_host_config(port_bindings=ports or {}, init=True),
        )
        self.api.start(made["Id"])

    def job_removed(self, _: Container) -> str:
        records = self._containers(jobs=True)
        if not records:
            raise Nothing("no job has run")
        for one in records:
            self.api.remove_container(one["Id"], force=True)
        return f"{len(records)} records"


ACTIONS: dict[str, Callable[[Hands, Container], str | None]] = {
    "kill": Hands.kill,
    "stop": Hands.stop,
    "pause": Hands.pause,
    "remove": Hands.remove,
    "rename": Hands.rename,
    "half-named": Hands.half_named,
    "left-over": Hands.left_over,
    "rename-to-another": Hands.rename_to_another,
    "disconnect": Hands.disconnect,
    "reconnect": Hands.reconnect,
    "extra-network": Hands.extra_network,
    "restart-policy": Hands.restart_policy,
    "restart-count": Hands.restart_count,
    "limits": Hands.limits,
    "limit-taken": Hands.limit_taken,
    "scale-up": Hands.scale_up,
    "scale-down": Hands.scale_down,
    "network-recreated": Hands.network_recreated,
    "network-removed": Hands.network_removed,
    "volume-removed": Hands.volume_removed,
    "volume-recreated": Hands.volume_recreated,
    "key-removed": Hands.key_removed,
    "image-moved": Hands.image_moved,
    "name-taken": Hands.name_taken,
    "port-taken": Hands.port_taken,
    "job-removed": Hands.job_removed,
}
"""By the names of cases.DRIFTS."""
