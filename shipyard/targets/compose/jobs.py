"""before_deploy commands: run once, and their records."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shipyard.compile import labels
from shipyard.compile.spec import job_text
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired, JobSpec
from shipyard.model.plan import RunJob
from shipyard.model.record import Record
from shipyard.reconcile.names import job_name
from shipyard.reconcile.scale import RECORD
from shipyard.targets.compose.command import Compose, ComposeError
from shipyard.targets.compose.containers import Containers
from shipyard.targets.compose.health import explain_exit


class JobFailed(ShipyardError):
    """A before_deploy command ended with an error."""


class Jobs(Record):
    """`on_line` receives what commands print."""

    desired: Desired
    compose: Compose
    containers: Containers
    on_line: Callable[[str], None]

    def run(self, operation: RunJob) -> None:
        """Run a command once in its service's image, env, secrets and networks; its container stays as
        the record. One that an interrupted apply left running is waited for, of whatever version it is, and
        not doubled; nor is one that has ended well since it was planned."""
        objects, job = self.containers.objects, self._job(operation.name)
        text, name = job_text(job), self._container_name(job)
        for record in operation.records:
            self._wait_for(record)
        earlier = objects.inspect(name)
        if earlier is not None:
            ended_well = (earlier["State"]["Status"], earlier["State"]["ExitCode"]) == ("exited", 0)
            if ended_well and earlier["Id"] not in operation.outlived:
                self._forget(operation.records, keep=earlier["Id"])
                return
            self.containers.remove((earlier["Id"],), None)
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
        made = objects.inspect(name)
        self._forget(operation.records, keep=made["Id"] if made else "")

    def carry(self, record: str, service: str) -> None:
        """A record under a service's new name instead of one under its earlier: a container that never
        starts, since labels cannot be changed."""
        manifest, job = self.desired.manifest, self._job(service)
        name = self._container_name(job)
        if self.containers.objects.inspect(name) is None:
            marks = {
                **labels.ownership(manifest.name, manifest.stage, manifest.instance),
                labels.ROLE: RECORD,
                labels.SERVICE: service,
                labels.JOB: job_text(job),
                labels.COMPOSE_ONEOFF: "True",
            }
            self.containers.objects.create_idle(name, marks)
        self.containers.remove((record,), None)

    def _wait_for(self, record: str) -> None:
        """Until one that still runs has ended. Nobody but its owner can tell how long it may take."""
        found = self.containers.objects.inspect(record)
        if found is not None and found["State"]["Status"] == "running":
            name = found["Name"].lstrip("/")
            self.on_line(f"an earlier run still runs, and is waited for; `docker kill {name}` ends it")
            self.containers.objects.wait(record)

    def _job(self, service: str) -> JobSpec:
        return next(one for one in self.desired.jobs if one.service == service)

    def _container_name(self, job: JobSpec) -> str:
        return job_name(self.desired.deployment, job)

    def _forget(self, records: Sequence[str], keep: str) -> None:
        self.containers.remove([record for record in records if record != keep], None)
