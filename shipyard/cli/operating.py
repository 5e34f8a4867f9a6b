"""What `start`, `stop`, `restart` and `scale` share: the lease, and services in the order of their needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipyard.cli.leasing import leased
from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.record import Record, replace

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.engine.objects import Objects
    from shipyard.model.desired import ServiceSpec
    from shipyard.model.manifest import Manifest

UP = ("running", "restarting")


class HalfRestored(ShipyardError):
    """A restore of the stage did not come to its end."""


class Operated(Record):
    """Services to be operated, needs first, seen under the lease, for which `before_write` looks
    before each write of `objects`."""

    seen: Observation
    specs: tuple[ServiceSpec, ...]
    objects: Objects
    before_write: Callable[[], None]

    def containers(self, spec: ServiceSpec) -> list[Mapping[str, Any]]:
        """A service's containers by number, inspected. Raises NotRunning where there is none."""
        from shipyard.cli.running import NotRunning
        from shipyard.targets.compose.health import service_containers

        found = service_containers(self.objects, self.seen.desired.manifest, spec.name)
        if not found and not any(not one.one_off for one in self.seen.observed.containers):
            raise NotRunning(
                f"{self.seen.desired.deployment} is not deployed on this engine",
                where=self.seen.connection.address,
                hint="`shipyard apply` deploys it",
            )
        if not found:
            raise NotRunning(
                f"there is no container of {spec.name}",
                where=f"services.{spec.name}",
                hint=f"`shipyard apply {spec.name}` makes it",
            )
        return sorted(found, key=lambda one: str(one["Name"]))

    def containers_of(self, spec: ServiceSpec) -> list[Mapping[str, Any]]:
        """The same of one that may have none."""
        from shipyard.cli.running import NotRunning

        try:
            return self.containers(spec)
        except NotRunning:
            return []

    @property
    def together(self) -> tuple[ServiceSpec, ...]:
        """The services and what lives in them: stopped with them, and started again after them."""
        from shipyard.compile.subset import guests

        names = [spec.name for spec in self.specs]
        for name in names:
            names += [one for one in guests(name, self.seen.desired.services) if one not in names]
        there = {one.service for one in self.seen.observed.containers if not one.one_off}
        guest = there.difference(spec.name for spec in self.specs).intersection(names)
        return tuple(spec for spec in self.seen.desired.services if spec in self.specs or spec.name in guest)

    def start(self, spec: ServiceSpec, container: Mapping[str, Any]) -> bool:
        """Whether there was anything to start. One-shots that have ended well are left."""
        status = container["State"]["Status"]
        if status == "paused":
            self.objects.unpause(container["Id"])
        elif status in UP or (status == "exited" and spec.one_shot and container["State"]["ExitCode"] == 0):
            return False
        else:
            self.begin(spec, container)
        return True

    def begin(self, spec: ServiceSpec, container: Mapping[str, Any]) -> None:
        """Start a container that does not run. Raises EngineError, with what mends it where that is known."""
        from shipyard.diagnosis.container import diagnose
        from shipyard.engine.objects import EngineError
        from shipyard.targets.compose.health import symptoms

        try:
            self.objects.start(container["Id"])
        except EngineError as error:
            names = tuple(one.name for one in self.seen.desired.services)
            seen = self.objects.inspect(container["Id"]) or container
            said = replace(symptoms(self.objects, seen, spec, names), error=error.title, stopped=False)
            found = diagnose(said)
            error.details += tuple(f"why: {one.cause}" for one in found)
            error.hint = "; or ".join(one.hint for one in found) or error.hint
            raise

    def refuse_half_restored(self) -> None:
        """Nothing is started over data that is incomplete. Raises HalfRestored."""
        from shipyard.reconcile.restoring import restore_problems

        for problem in restore_problems(self.seen.observed):
            raise HalfRestored(problem.title, where=problem.address, hint=problem.hint)

    def wait(self, spec: ServiceSpec, count: int) -> None:
        """Until so many of a service's containers are healthy. Raises Unhealthy."""
        from shipyard.targets.compose.health import Unhealthy, wait_healthy

        try:
            wait_healthy(self.objects, self.seen.desired, spec, count)
        except Unhealthy as error:
            # Something was started by then.
            error.exit_code = ExitCode.NEEDS_ATTENTION
            raise


@contextmanager
def operated(
    command: str,
    services: Sequence[str] | None,
    folder: Path,
    stage: str | None,
    instance: str | None,
    lease_wait: float | None,
    change: Callable[[Manifest], Manifest] = lambda manifest: manifest,
    *,
    ask: bool = False,
) -> Iterator[Operated]:
    """Look at the named services, or all, and hold the lease for a block. `change` is what is declared
    otherwise for now: that is checked as a manifest is. `ask` as in observe, for what makes containers.
    Raises ShipyardError."""
    from shipyard.cli.loading import load_project
    from shipyard.cli.project import look, observe
    from shipyard.cli.services import known_services
    from shipyard.compile.builds import compile_builds
    from shipyard.engine.objects import Objects
    from shipyard.manifest.errors import Problems
    from shipyard.manifest.validate import validate

    loaded = load_project(folder, stage, instance)
    named = known_services(loaded.manifest, services)
    manifest = change(loaded.manifest)
    problems = Problems()
    validate(manifest, problems)
    problems.raise_found(loaded.text, loaded.origins)
    builds = compile_builds(manifest)
    with (
        observe(manifest, builds, ask=ask) as first,
        leased(first.connection, manifest, command, lease_wait) as lease,
    ):
        seen = look(first.connection, manifest, builds, ask=ask)
        specs = tuple(spec for spec in seen.desired.services if spec.name in named)
        objects = Objects(seen.connection, lease.check)
        try:
            yield Operated(seen=seen, specs=specs, objects=objects, before_write=lease.check)
        finally:
            objects.close()


def name_of(container: Mapping[str, Any]) -> str:
    return str(container["Name"]).lstrip("/")
