"""Executes one operation of a plan through Compose and the engine. Decides nothing: the plan did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from shipyard.compile import labels
from shipyard.compile.spec import job_text
from shipyard.compile.storage import key_volume
from shipyard.engine.connect import Connection
from shipyard.engine.objects import Objects
from shipyard.errors import ShipyardError
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
    RemoveSecret,
    RemoveService,
    RemoveVolume,
    ReplaceNetwork,
    ReplaceService,
    RunJob,
    ScaleService,
    StartService,
    UnpauseService,
    UpdateService,
)
from shipyard.reconcile.problems import network_document, volume_document
from shipyard.targets.compose.command import Compose, ComposeError
from shipyard.targets.compose.health import explain_exit, wait_healthy


class JobFailed(ShipyardError):
    """A before_deploy command ended with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeTarget:
    """One deployment on one engine. `values` are secrets by source name; `key` their digest key, when
    this apply is the first; `on_line` receives what commands print."""

    connection: Connection
    desired: Desired
    compose: Compose
    objects: Objects
    values: Mapping[str, str]
    key: str | None
    on_line: Callable[[str], None]
    progress: Literal["auto", "plain"] = "auto"

    def build(self, operations: Sequence[BuildImage]) -> None:
        """Make several images in one Buildx call."""
        from shipyard.engine.buildx import bake

        wanted = {operation.reference for operation in operations}
        plans = [plan for plan in self.desired.images if plan.reference in wanted]
        bake(self.connection, plans, self.desired.manifest.root, progress=self.progress)

    def wait_healthy(self, service: str, expected: int | None = None) -> None:
        """Wait for `expected` containers, or all replicas. Raises Unhealthy."""
        wait_healthy(self.objects, self.desired, self.desired.service(service), expected)

    def execute(self, operation: Operation) -> None:  # noqa: C901 - one case for each operation
        """Carry out one operation. Raises ShipyardError."""
        match operation:
            case BuildImage():
                self.build([operation])
            case PullImage():
                self.objects.pull(operation.reference)
            case CreateNetwork():
                self._create_network(operation.name)
            case ReplaceNetwork():
                self._replace_network(operation)
            case CreateVolume():
                volume = next(one for one in self.desired.volumes if one.key == operation.name)
                extra = {labels.SPEC: volume_document(volume), labels.COMPOSE_VOLUME: volume.key}
                if volume.database is not None:
                    extra[labels.DATABASE] = volume.database
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
                self._run_job(operation)
            case CreateService():
                self.compose.up(operation.name, operation.replicas, "--no-recreate")
            case ReplaceService():
                self._replace(operation)
            case ScaleService():
                self._scale(operation)
            case StartService():
                for container in operation.containers:
                    self.objects.start(container)
            case UnpauseService():
                for container in operation.containers:
                    self.objects.unpause(container)
            case ConnectService():
                for container, network in operation.links:
                    self.objects.connect(container, network, (operation.name,))
            case UpdateService():
                spec = self._spec(operation)
                for container in operation.containers:
                    self.objects.update(container, restart=spec.restart, cpus=spec.cpus, memory=spec.memory)
            case RemoveService():
                self._stop_and_remove(operation.containers, None)
            case RemoveNetwork():
                self.objects.remove_network(operation.network)
            case MendService():
                self._stop_and_remove(operation.remove, self._spec(operation))
                for container, name in operation.rename:
                    self.objects.rename(container, name)
            case _:
                assert_never(operation)

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
        extra = {labels.SPEC: network_document(network), labels.COMPOSE_NETWORK: key}
        self.objects.create_network(
            network.name,
            self._labels(extra),
            driver=network.driver,
            internal=network.internal,
            subnet=network.subnet,
        )

    def _replace_network(self, operation: ReplaceNetwork) -> None:
        """Take the containers off the old network, make it anew, and put them back under their names."""
        members = self.objects.network_containers(operation.network)
        for container in members:
            self.objects.disconnect(container, operation.network)
        self.objects.remove_network(operation.network)
        self._create_network(operation.name)
        network = next(one for one in self.desired.networks if one.key == operation.name)
        for container, aliases in members.items():
            self.objects.connect(container, network.name, aliases)

    def _create_secret(self, operation: CreateSecret) -> None:
        volume = next(one for one in self.desired.secret_volumes if one.name == operation.volume)
        extra = {labels.ROLE: "secrets", labels.SERVICE: volume.service}
        self.objects.create_volume(volume.name, self._labels(extra, compose=False))
        files = {file.name: self.values[file.source] for file in volume.files}
        helper = {labels.ROLE: "secrets"}
        self.objects.fill_volume(volume.name, files, uid=volume.uid, gid=volume.gid, labels=helper)

    def _replace(self, operation: ReplaceService) -> None:
        spec = self._spec(operation)
        total = operation.replicas[0]
        if operation.strategy == "start-first":
            # Twice as many, then the old ones go: those that stay are all of the new spec.
            doubled = total + len(operation.containers)
            self.compose.up(spec.name, doubled, "--no-recreate")
            self.wait_healthy(spec.name, doubled)
            self._stop_and_remove(operation.containers, spec)
        elif total == 1:
            self.compose.up(spec.name, 1, "--force-recreate")
        else:
            for container in operation.containers:
                self._stop_and_remove((container,), spec)
                self.compose.up(spec.name, total, "--no-recreate")
                self.wait_healthy(spec.name, total)

    def _scale(self, operation: ScaleService) -> None:
        if operation.removed:
            self._stop_and_remove(operation.removed, self._spec(operation))
        else:
            self.compose.up(operation.name, operation.replicas[1], "--no-recreate")

    def _stop_and_remove(self, containers: Sequence[str], spec: ServiceSpec | None) -> None:
        for container in containers:
            inspected = self.objects.inspect(container)
            if inspected is None:
                continue
            grace = spec.stop_timeout if spec else float(inspected["Config"].get("StopTimeout") or 10)
            if inspected["State"]["Status"] in ("running", "restarting", "paused"):
                self.objects.stop(container, grace)
            self.objects.remove(container)

    def _run_job(self, operation: RunJob) -> None:
        """Run a command once in its service's image, env, secrets and networks; its container stays as
        the record. One that an interrupted apply left running is waited for, not doubled."""
        job = next(one for one in self.desired.jobs if one.service == operation.name)
        text = job_text(job)
        suffix = hashlib.sha256(text.encode()).hexdigest()[:8]
        name = f"{self.desired.deployment}-{job.service}-before-deploy-{suffix}"
        earlier = self.objects.inspect(name)
        if earlier is not None and earlier["State"]["Status"] == "running":
            if self.objects.wait(earlier["Id"]) == 0:
                self._forget(operation.records, keep=earlier["Id"])
                return
            earlier = self.objects.inspect(name)
        if earlier is not None:
            self._stop_and_remove((earlier["Id"],), None)
        label = f"{labels.JOB}={text}"
        try:
            self.compose.run(
                *("run", "-T", "--no-deps", "--name", name, "--label", label, job.service, *job.command),
                on_line=self.on_line,
            )
        except ComposeError as error:
            raise JobFailed(
                f"before_deploy of {job.service} failed: {' '.join(job.command)}",
                where=f"job.{job.service}",
                details=(explain_exit(error.code), *(f"| {line}" for line in error.details)),
                hint="the service was not touched; mend the cause and apply again",
            ) from error
        made = self.objects.inspect(name)
        self._forget(operation.records, keep=made["Id"] if made else "")

    def _forget(self, records: Sequence[str], keep: str) -> None:
        self._stop_and_remove([record for record in records if record != keep], None)
