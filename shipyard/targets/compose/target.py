"""Executes one operation of a plan through Compose and the engine. Decides nothing: the plan did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from shipyard.compile import labels
from shipyard.compile.storage import key_volume
from shipyard.engine.connect import Connection
from shipyard.engine.objects import Objects
from shipyard.engine.patience import patiently
from shipyard.engine.stopping import stop_together
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.plan import (
    BuildImage,
    ConnectService,
    CreateKey,
    CreateNetwork,
    CreateSecret,
    CreateService,
    CreateVolume,
    MendService,
    Operation,
    PullImage,
    RemoveNetwork,
    RemoveRecords,
    RemoveSecret,
    RemoveService,
    RemoveVolume,
    ReplaceNetwork,
    ReplaceService,
    RunJob,
    ScaleService,
    StartService,
    StopService,
    UnpauseService,
    UpdateService,
)
from shipyard.model.record import Record
from shipyard.reconcile.leftovers import HELPER
from shipyard.reconcile.limits import own_limits
from shipyard.targets.compose.command import Compose
from shipyard.targets.compose.containers import Containers
from shipyard.targets.compose.data import refuse_shared_data
from shipyard.targets.compose.health import wait_healthy
from shipyard.targets.compose.jobs import Jobs
from shipyard.targets.compose.model import network_labels, secret_labels, volume_labels
from shipyard.targets.record import record_replicas

if TYPE_CHECKING:
    from shipyard.engine.buildx import Progress


class ComposeTarget(Record):
    """One deployment on one engine. `values` are secrets by source name; `key` their digest key, when
    this apply is the first; `on_line` receives what commands print."""

    connection: Connection
    desired: Desired
    compose: Compose
    objects: Objects
    values: Mapping[str, str]
    key: str | None
    on_line: Callable[[str], None]
    progress: Progress = "auto"

    def build(self, operations: Sequence[BuildImage]) -> None:
        """Make several images in one Buildx call."""
        from shipyard.engine.buildx import bake

        wanted = {operation.reference for operation in operations}
        plans = [plan for plan in self.desired.images if plan.reference in wanted]
        bake(self.connection, plans, self.desired.manifest.root, self.values, progress=self.progress)

    def create(self, operations: Sequence[CreateService]) -> None:
        """Make the containers of new services in one call of Compose. Raises ComposeError."""
        self.compose.up({one.name: one.replicas for one in operations}, "--no-recreate")

    def wait_healthy(
        self,
        service: str,
        expected: int | None = None,
        leaving: Collection[str] = (),
        made: float | None = None,
    ) -> None:
        """Wait for `expected` containers, or all replicas, new since `made` when given. Raises Unhealthy."""
        wait_healthy(self.objects, self.desired, self.desired.service(service), expected, leaving, made)

    def alone(self, service: str) -> None:
        """Raises DataShared where another is at work on a database's data."""
        refuse_shared_data(self.objects, self.desired, self.desired.service(service))

    def execute(self, operation: Operation) -> None:  # noqa: C901 - one case for each operation
        """Carry out one operation. Raises ShipyardError."""
        match operation:
            case BuildImage():
                self.build([operation])
            case PullImage():
                patiently(lambda: self.objects.pull(operation.reference))
            case CreateNetwork():
                self._create_network(operation.name)
            case ReplaceNetwork():
                self._replace_network(operation)
            case CreateVolume():
                volume = next(one for one in self.desired.volumes if one.key == operation.name)
                extra = {**volume_labels(volume), labels.COMPOSE_VOLUME: volume.key}
                self.objects.create_volume(volume.name, self._labels(extra), volume.driver)
            case CreateKey():
                name = key_volume(self.desired.deployment)
                extra = {labels.ROLE: "key", labels.KEY: self.key or ""}
                self.objects.create_volume(name, self._labels(extra, compose=False))
            case CreateSecret():
                self._create_secret(operation)
            case RemoveSecret() | RemoveVolume():
                self.objects.remove_volume(operation.volume)
            case RunJob():
                self._jobs.run(operation)
            case CreateService():
                self.create([operation])
            case ReplaceService():
                self._replace(operation)
            case ScaleService():
                self._containers.scale(operation, self._spec(operation))
            case StartService():
                for container in operation.containers:
                    self.objects.start(container)
            case UnpauseService():
                for container in operation.containers:
                    self.objects.unpause(container)
            case StopService():
                stop_together(self.objects, operation.containers, self._spec(operation).stop_timeout)
            case ConnectService():
                for container, network in operation.unlinks:
                    self.objects.disconnect(container, network)
                for container, network in operation.links:
                    self.objects.connect(container, network, (operation.name,))
            case UpdateService():
                restart, cpus, memory = own_limits(self._spec(operation))
                for container in operation.containers:
                    self.objects.update(container, restart=restart, cpus=cpus, memory=memory)
            case RemoveService() | RemoveRecords():
                self._containers.remove(operation.containers, None)
            case RemoveNetwork():
                self.objects.remove_network(operation.network)
            case MendService():
                self._containers.remove(operation.remove, self._spec(operation))
                for container, name in operation.rename:
                    self.objects.rename(container, name)
            case _:
                assert_never(operation)

    @property
    def _containers(self) -> Containers:
        return Containers(
            objects=self.objects,
            compose=self.compose,
            manifest=self.desired.manifest,
            wait_healthy=self.wait_healthy,
        )

    @property
    def _jobs(self) -> Jobs:
        return Jobs(
            desired=self.desired, compose=self.compose, containers=self._containers, on_line=self.on_line
        )

    def _replace(self, operation: ReplaceService) -> None:
        """The record of a before_deploy is carried first: after an interruption nothing runs that has run."""
        spec = self._spec(operation)
        for record in operation.carried:
            self._jobs.carry(record, spec.name)
        self._containers.replace(operation, spec)

    def _spec(self, operation: Operation) -> ServiceSpec:
        return self.desired.service(operation.name)

    def _labels(self, extra: Mapping[str, str], *, compose: bool = True) -> dict[str, str]:
        manifest = self.desired.manifest
        found = labels.ownership(manifest.name, manifest.stage, manifest.instance)
        if compose:
            found[labels.COMPOSE_PROJECT] = self.desired.deployment
        return {**found, **extra}

    def _create_network(self, key: str) -> None:
        network = next(one for one in self.desired.networks if one.key == key)
        extra = {**network_labels(network), labels.COMPOSE_NETWORK: key}
        self.objects.create_network(
            network.name,
            self._labels(extra),
            driver=network.driver,
            internal=network.internal,
            subnet=network.subnet,
        )

    def _replace_network(self, operation: ReplaceNetwork) -> None:
        """Take the containers off the old network, make it anew, and put them back under their names.
        Those that are stopped too: they would look for a network that is gone when they start."""
        network = next(one for one in self.desired.networks if one.key == operation.name)
        members: dict[str, tuple[str, ...]] = {}
        for container in operation.containers:
            inspected = self.objects.inspect(container)
            if inspected is None:
                continue
            endpoint = inspected["NetworkSettings"]["Networks"].get(network.name)
            if endpoint is not None:
                members[container] = _names(inspected["Config"]["Labels"], endpoint.get("Aliases") or ())
                self.objects.disconnect(container, operation.network)
        self.objects.remove_network(operation.network)
        self._create_network(operation.name)
        for container, aliases in members.items():
            self.objects.connect(container, network.name, aliases)

    def _create_secret(self, operation: CreateSecret) -> None:
        volume = next(one for one in self.desired.secret_volumes if one.name == operation.volume)
        self.objects.create_volume(volume.name, secret_labels(self.desired, volume))
        files = {file.name: self.values[file.source] for file in volume.files}
        # Owned, so that one which an interrupted run leaves is known and removed; no container of a service.
        marks = {labels.ROLE: HELPER, labels.SERVICE: volume.service, labels.COMPOSE_ONEOFF: "True"}
        helper = self._labels(marks, compose=False)
        self.objects.fill_volume(volume.name, files, uid=volume.uid, gid=volume.gid, labels=helper)

    def record_replicas(self, changes: Mapping[str, int | None] | None) -> None:
        """Keep how many replicas of each service were applied; None for one that is gone."""
        record_replicas(self.objects, self.desired.manifest, changes)


def _names(marks: Mapping[str, str], found: Sequence[str]) -> tuple[str, ...]:
    """What a container answers to on a network: its service's name too, which a connection by hand lacks."""
    if marks.get(labels.COMPOSE_ONEOFF) == "True":
        return tuple(found)
    return tuple(dict.fromkeys((*found, marks[labels.SERVICE])))
