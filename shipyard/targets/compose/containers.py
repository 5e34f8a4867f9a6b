"""Containers of one service replaced, made and removed, as measured of Compose."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from shipyard.engine.objects import EngineError, Objects
from shipyard.engine.stopping import stop_together
from shipyard.model.desired import ServiceSpec
from shipyard.model.manifest import Manifest
from shipyard.model.plan import ReplaceService, ScaleService
from shipyard.model.record import Record
from shipyard.reconcile.replacing import recreates
from shipyard.targets.compose.command import Compose
from shipyard.targets.compose.health import service_containers

GOING = 5.0
UP = ("running", "restarting", "paused")
"""States in which a container has to be stopped before it can be removed."""


class Containers(Record):
    """`wait_healthy` waits for so many containers of a service, beside those that are leaving."""

    objects: Objects
    compose: Compose
    manifest: Manifest
    wait_healthy: Callable[[str, int, Collection[str]], None]

    def replace(self, operation: ReplaceService, spec: ServiceSpec) -> None:
        if operation.was is not None:
            self._replace_renamed(operation, spec)
        elif recreates(operation):
            self.compose.up({spec.name: 1}, "--force-recreate")
        else:
            self._replace_some(operation, spec)

    def _replace_some(self, operation: ReplaceService, spec: ServiceSpec) -> None:
        """One at a time, and none before those that stay are healthy. What does not run goes first: Compose
        would start it when it makes others."""
        total, running = operation.replicas[0], []
        for container in operation.containers:
            if self._runs(container):
                running.append(container)
            else:
                self.remove((container,), spec)
        if operation.strategy == "start-first":
            # As many more, then the old ones go: those that stay are all of the new spec.
            self.grow(spec, total + len(running))
            self.wait_healthy(spec.name, total, running)
            self.remove(running, spec)
            return
        if len(running) < total:
            self.grow(spec, total)
            self.wait_healthy(spec.name, total - len(running), running)
        while running:
            self.remove((running.pop(0),), spec)
            self.grow(spec, total)
            self.wait_healthy(spec.name, total - len(running), running)

    def _replace_renamed(self, operation: ReplaceService, spec: ServiceSpec) -> None:
        """Containers of the new name for those of the earlier one."""
        total = operation.replicas[1]
        if operation.strategy == "start-first":
            self.grow(spec, total)
            self.wait_healthy(spec.name, total, ())
        self.remove(operation.containers, spec)
        if operation.strategy == "stop-first":
            self.grow(spec, total)

    def _goes(self, container: str) -> bool:
        """Whether a container is gone within some seconds."""
        deadline = time.monotonic() + GOING
        while time.monotonic() < deadline:
            if self.objects.inspect(container) is None:
                return True
            time.sleep(0.1)
        return False

    def _runs(self, container: str) -> bool:
        inspected = self.objects.inspect(container)
        return inspected is not None and inspected["State"]["Status"] in UP

    def grow(self, spec: ServiceSpec, total: int) -> None:
        """Have Compose make containers until there are so many. It would start again what has ended: then
        the new ones alone are started here."""
        found = service_containers(self.objects, self.manifest, spec.name)
        if all(one["State"]["Status"] == "running" for one in found):
            self.compose.up({spec.name: total}, "--no-recreate")
            return
        self.compose.up({spec.name: total}, "--no-recreate", "--no-start")
        known = {one["Id"] for one in found}
        for one in service_containers(self.objects, self.manifest, spec.name):
            if one["Id"] not in known:
                self.objects.start(one["Id"])

    def scale(self, operation: ScaleService, spec: ServiceSpec) -> None:
        if operation.removed:
            self.remove(operation.removed, spec)
        else:
            self.grow(spec, operation.replicas[1])

    def remove(self, containers: Sequence[str], spec: ServiceSpec | None) -> None:
        """Stop and remove, with the grace of their service, or their own. Anonymous volumes stay, but for
        those that were made for one which never started: nothing was written to them."""
        inspected = [one for one in map(self.objects.inspect, containers) if one is not None]
        running = [one for one in inspected if one["State"]["Status"] in UP]
        own = max((float(one["Config"].get("StopTimeout") or 10) for one in running), default=0)
        stop_together(self.objects, [one["Id"] for one in running], spec.stop_timeout if spec else own)
        for one in inspected:
            try:
                self.objects.remove(one["Id"], volumes=one["State"]["Status"] == "created")
            except EngineError:
                # What `run` made removes itself when it ends.
                if not self._goes(one["Id"]):
                    raise
