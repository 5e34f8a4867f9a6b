"""What runs on the engine, read in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.record import Record, field


class Engine(Record):
    """`address` is how it was reached, for people; `local` whether its ports are this machine's; `cpus`
    its cores, 0 when not known."""

    id: str
    name: str
    version: str
    address: str
    local: bool = True
    cpus: int = 0


AT_WORK = ("running", "paused", "restarting")
"""The states of a container whose process lives, or is about to again."""


DEFAULT_SHARES = 1024
"""The engine's own share of the processors: no limit of a container."""


class HostPort(Record):
    """A published port as it is: `host_ip` as the engine says it, such as 0.0.0.0."""

    host_ip: str
    host_port: int
    container_port: int
    protocol: str


class Container(Record):
    """A container of this deployment.

    `state` is the engine's word (created, running, paused, restarting, exited, dead); `spec` the
    document recorded in its labels, None when it is damaged; `health` "" without a check;
    `networks` are names; `memory` bytes, `cpus` cores, 0 for no limit; `job` the document of a
    before_deploy run; `started_at` the engine's own text.

    `restart` is a policy as a manifest writes it, such as on-failure:3. `limits` are those that no
    manifest key sets, by the engine's name for them, where they are not the default. `network_ids` and
    `aliases` are by network, `anonymous` volumes and `binds` (their folders on the host) by mount point;
    `shares` the ids of containers whose namespaces or volumes it uses; `edited`: `shipyard dev` brought edits
    into it.
    """

    id: str
    name: str
    service: str
    number: int
    state: str
    exit_code: int
    health: str
    image: str
    image_id: str
    spec: Mapping[str, object] | None
    labels: Mapping[str, str] = field(default_factory=dict)
    one_off: bool = False
    job: Mapping[str, object] | None = None
    restart: str = "no"
    cpus: float = 0
    memory: int = 0
    restarts: int = 0
    started_at: str = ""
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    ports: tuple[HostPort, ...] = ()
    limits: Mapping[str, int | str] = field(default_factory=dict)
    network_ids: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anonymous: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, str] = field(default_factory=dict)
    shares: tuple[str, ...] = ()
    edited: bool = False

    @property
    def places(self) -> frozenset[str]:
        """Where it keeps what outlives it: its volumes by name, folders of the host by path."""
        return frozenset((*self.volumes, *self.binds.values()))

    @property
    def at_work(self) -> bool:
        """Whether it runs, or does as soon as it goes on."""
        return self.state in AT_WORK


class Foreign(Record):
    """A container that is not of this deployment: known only to see conflicts. `state` is as of a
    Container; `owner` the deployment that it is of, in words, when it is Shipyard's; `writes` are the
    volumes and the host's folders that it can write to while it runs; `compose_service` is what Compose takes
    it for in `compose_project`, None for what it does not converge."""

    name: str
    ports: tuple[HostPort, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    compose_project: str | None
    id: str = ""
    state: str = ""
    owner: str = ""
    writes: tuple[str, ...] = ()
    compose_service: str | None = None


class Network(Record):
    id: str
    name: str
    owned: bool
    labels: Mapping[str, str] = field(default_factory=dict)


class Volume(Record):
    """`created` is the engine's own text."""

    name: str
    owned: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    created: str = ""


class Observed(Record):
    """One snapshot. `images` maps references to the ids of images on the engine, `inputs` to what those that
    were built here record that they were made from. `listening` are (address, TCP port) of processes on this
    machine, 0.0.0.0 for all of IPv4 and :: for all of IPv6; `listening_udp` those of UDP."""

    engine: Engine
    containers: tuple[Container, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    listening: tuple[tuple[str, int], ...] = ()
    listening_udp: tuple[tuple[str, int], ...] = ()
