"""The engine as far as plans are concerned: containers, networks and volumes that can be changed.

It refuses what an engine refuses: a name or port that is taken, an image, network or volume that is not
there, what is in use.
"""

from __future__ import annotations

from collections.abc import Iterable

from property.worlds import declared_ports, identity, made_container, made_network, moment_of, record, up

from shipyard.compile import labels
from shipyard.compile.references import image_id
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.record import replace
from shipyard.reconcile.leftovers import HELPER
from shipyard.reconcile.scale import RECORD

UP = ("running", "restarting", "paused")


class EngineModel:
    """Raises AssertionError for what an engine would refuse."""

    def __init__(self, desired: Desired, observed: Observed, key: str) -> None:
        self.desired = desired
        self.key = key
        self.base = observed
        self.containers = {one.id: one for one in observed.containers}
        self.networks = {one.name: one for one in observed.networks}
        self.volumes = {one.name: one for one in observed.volumes}
        self.images, self.inputs = dict(observed.images), dict(observed.inputs)
        self.gone: set[str] = set()
        self.published = {port.host_port for one in observed.containers for port in one.ports}
        self.clock = max((moment_of(one) for one in observed.containers), default=0)
        self.filled = {
            volume
            for one in observed.containers
            for volume in one.volumes
            if one.labels.get(labels.ROLE) != HELPER
        }

    def observed(self) -> Observed:
        """The state now, with the record of what was applied."""
        kept = [one for one in self.volumes.values() if one.labels.get(labels.ROLE) != RECORD]
        replicas = {spec.name: spec.replicas for spec in self.desired.services if spec.name not in self.gone}
        return replace(
            self.base,
            containers=tuple(self.containers.values()),
            networks=tuple(self.networks.values()),
            volumes=(*kept, *((record(replicas),) if replicas else ())),
            images=self.images,
            inputs=self.inputs,
            # What listens on a container's port is the engine itself.
            listening=tuple(one for one in self.base.listening if one[1] not in self.published),
        )

    def of(self, service: str) -> list[Container]:
        return [one for one in self.containers.values() if one.service == service and not one.one_off]

    def change(self, container: str, **fields: object) -> None:
        self.containers[container] = replace(self.containers[container], **fields)  # type: ignore[arg-type]

    # Containers.

    def expect_free(self, name: str) -> None:
        names = {one.name for one in (*self.containers.values(), *self.base.foreign)}
        assert name not in names, f"the name {name} is taken"

    def create(self, spec: ServiceSpec, number: int) -> Container:
        """Make a container; it is not started."""
        self.clock += 1
        ids = {one.name: one.id for one in self.networks.values()}
        ident = identity(f"{spec.name} {number} {self.clock}")
        made = made_container(self.desired, spec, number, ident, self.containers, ids)
        self.expect_free(made.name)
        self.expect_there(made, spec)
        self.containers[ident] = replace(made, image_id=image_id(self.images, spec.image) or "")
        return self.containers[ident]

    def expect_there(self, made: Container, spec: ServiceSpec) -> None:
        assert image_id(self.images, spec.image), f"there is no image {spec.image}"
        for volume in made.volumes:
            assert volume in self.volumes, f"there is no volume {volume}"
        assert spec.secret_volume is None or spec.secret_volume in self.filled

    def start(self, container: str, spec: ServiceSpec) -> None:
        one = self.containers[container]
        assert one.state not in ("paused", "dead"), f"{one.name} is {one.state}"
        if one.state in UP:
            return
        for name, ident in one.network_ids.items():
            assert name in self.networks, f"{one.name} is on {name}, which is gone"
            assert self.networks[name].id == ident, f"{one.name} is on an earlier {name}"
        hosts = [self.containers[host] for host in one.shares]
        assert all(host.state in (*UP, "exited") for host in hosts)
        for port in declared_ports(one):
            taken = {held.host_port for other in self.containers.values() for held in other.ports}
            taken |= {held.host_port for other in self.base.foreign for held in other.ports}
            assert port.host_port not in taken, f"port {port.host_port} of {one.name} is held"
        self.clock += 1
        self.containers[container] = up(spec, one, self.clock)

    def stop(self, container: str) -> None:
        if self.containers[container].state in UP:
            self.change(container, state="exited", exit_code=137, ports=(), health="")

    def remove(self, containers: Iterable[str]) -> None:
        for container in containers:
            self.containers.pop(container, None)

    def grow(self, spec: ServiceSpec, total: int) -> None:
        found = self.of(spec.name)
        assert all(one.state != "paused" for one in found), f"Compose fails on what is paused in {spec.name}"
        assert len(found) <= total, f"Compose would remove some of {spec.name}"
        for _ in range(total - len(found)):
            number = max((one.number for one in self.of(spec.name)), default=0) + 1
            self.start(self.create(spec, number).id, spec)

    # Networks.

    def create_network(self, key: str) -> None:
        spec = next(one for one in self.desired.networks if one.key == key)
        assert spec.name not in self.networks
        self.clock += 1
        self.networks[spec.name] = made_network(spec, identity(f"network {spec.name} {self.clock}"))

    def remove_network(self, ident: str) -> None:
        name = next(one.name for one in self.networks.values() if one.id == ident)
        users = [
            one.name
            for one in self.containers.values()
            if one.network_ids.get(name) == ident and one.state in UP
        ]
        users += [one.name for one in self.base.foreign if name in one.networks]
        assert not users, f"{name} is in use by {users}"
        del self.networks[name]

    def disconnect(self, container: str, network: str) -> None:
        one = self.containers[container]
        assert network in one.networks, f"{one.name} is not on {network}"
        self.change(
            container,
            networks=tuple(name for name in one.networks if name != network),
            network_ids={name: ident for name, ident in one.network_ids.items() if name != network},
        )

    def connect(self, container: str, network: str, names: tuple[str, ...]) -> None:
        one = self.containers[container]
        assert network not in one.networks, f"{one.name} is on {network} already"
        self.change(
            container,
            networks=(*one.networks, network),
            network_ids={**one.network_ids, network: self.networks[network].id},
            aliases={**one.aliases, network: names},
        )
