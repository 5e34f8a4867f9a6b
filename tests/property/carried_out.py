"""A plan carried out on the model of the engine: observed x desired x plan -> observed.

It does what the Compose target does, and refuses a gate that would never open.
"""

from __future__ import annotations

from collections.abc import Collection

from property.engine_model import UP, EngineModel
from property.worlds import (
    identity,
    job_record,
    key_volume,
    made_volume,
    moment,
    secret_volume,
)

from shipyard.compile import labels
from shipyard.compile.inputs import inputs_label
from shipyard.compile.references import familiar
from shipyard.model import plan as plans
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.record import replace
from shipyard.reconcile.names import job_name
from shipyard.reconcile.replacing import recreates
from shipyard.reconcile.scale import RECORD

STARTS = ("create", "replace", "scale", "start", "unpause", "connect", "update")


def carried_out(
    plan: plans.Plan, desired: Desired, observed: Observed, key: str, done: int | None = None
) -> Observed:
    """The state after a plan's operations, or after the first `done` of them. `key` is recorded where the
    plan creates the secrets' key. Raises AssertionError for what an engine or a gate would refuse."""
    model = Model(desired, observed, key)
    operations = plan.operations
    for index, operation in enumerate(operations[:done]):
        model.gate_needs(operation)
        model.carry_out(operation)
        last = all(later.address != operation.address for later in operations[index + 1 :])
        if last and operation.address.startswith("service.") and operation.action in STARTS:
            model.gate(operation.name)
    return model.observed()


class Model(EngineModel):
    """The engine while a plan is carried out."""

    def carry_out(self, operation: plans.Operation) -> None:  # noqa: C901 - one case for each operation
        match operation:
            case plans.BuildImage() | plans.PullImage():
                name = familiar(operation.reference)
                self.images[name] = f"sha256:{operation.reference}"
                for plan in self.desired.images:
                    if plan.reference == operation.reference:
                        self.inputs[name] = inputs_label(plan)
            case plans.CreateNetwork():
                self.create_network(operation.name)
            case plans.ReplaceNetwork():
                self.replace_network(operation)
            case plans.CreateVolume():
                spec = next(one for one in self.desired.volumes if one.key == operation.name)
                assert spec.name not in self.volumes
                self.volumes[spec.name] = made_volume(spec)
            case plans.CreateKey():
                made = key_volume(self.key)
                assert made.name not in self.volumes
                self.volumes[made.name] = made
            case plans.CreateSecret():
                self.volumes.setdefault(operation.volume, secret_volume(operation.name, operation.volume))
                self.filled.add(operation.volume)
            case plans.RemoveSecret() | plans.RemoveVolume():
                users = [one.name for one in self.containers.values() if operation.volume in one.volumes]
                assert not users, f"{operation.volume} is in use by {users}"
                del self.volumes[operation.volume]
            case plans.RunJob():
                self.run_job(operation)
            case plans.CreateService():
                assert not self.of(operation.name)
                self.grow(self.spec(operation), operation.replicas)
            case plans.ReplaceService():
                self.replace_service(operation)
            case plans.ScaleService():
                self.remove(operation.removed)
                self.grow(self.spec(operation), max(operation.replicas[1], len(self.of(operation.name))))
            case plans.StartService():
                for container in operation.containers:
                    self.start(container, self.spec(operation))
            case plans.StopService():
                for container in operation.containers:
                    self.stop(container)
            case plans.UnpauseService():
                for container in operation.containers:
                    assert self.containers[container].state == "paused"
                    self.change(container, state="running")
            case plans.ConnectService():
                for container, network in operation.unlinks:
                    self.disconnect(container, network)
                for container, network in operation.links:
                    self.connect(container, network, (operation.name,))
            case plans.UpdateService():
                self.update(operation)
            case plans.RemoveService():
                self.remove(operation.containers)
                self.gone.add(operation.name)
            case plans.RemoveRecords():
                left = [self.containers[one] for one in operation.containers if one in self.containers]
                assert all(one.state not in UP for one in left)
                self.remove(operation.containers)
            case plans.RemoveNetwork():
                self.remove_network(operation.network)
            case plans.MendService():
                self.remove(operation.remove)
                for container, name in operation.rename:
                    self.expect_free(name)
                    self.change(container, name=name)

    def spec(self, operation: plans.Operation) -> ServiceSpec:
        return self.desired.service(operation.name)

    # Gates, as the walk keeps them.

    def gate_needs(self, operation: plans.Operation) -> None:
        if operation.address.startswith(("service.", "job.")) and operation.action in (*STARTS, "run"):
            for need in self.spec(operation).needs:
                self.gate(need)

    def gate(self, service: str, expected: int | None = None, leaving: Collection[str] = ()) -> None:
        """What crashes or is unhealthy is attention, and no matter of the plan's."""
        spec = self.desired.service(service)
        found = [one for one in self.of(service) if one.id not in leaving]
        count = spec.replicas if expected is None else expected
        assert len(found) >= count, f"{service} has {len(found)} of {count} containers"
        for one in found:
            may_end = spec.restart.partition(":")[0] in ("no", "on-failure")
            ended = may_end and one.state == "exited" and one.exit_code == 0
            assert ended or one.state in ("running", "restarting"), f"{one.name} is {one.state}"

    def replace_service(self, operation: plans.ReplaceService) -> None:
        spec = self.spec(operation)
        for carried in operation.carried:
            self.carry(carried, spec)
        if operation.was is not None:
            self.replace_renamed(operation, spec)
        elif recreates(operation):
            self.recreate(operation.containers, spec)
        else:
            self.replace_some(operation, spec)

    def recreate(self, containers: tuple[str, ...], spec: ServiceSpec) -> None:
        found = self.of(spec.name)
        assert [one.id for one in found] == list(containers), "Compose would remove the others"
        assert found[0].state != "paused", "Compose fails on what is paused"
        self.remove(containers)
        made = self.create(spec, found[0].number)
        self.change(made.id, anonymous={**made.anonymous, **found[0].anonymous})
        self.start(made.id, spec)

    def replace_some(self, operation: plans.ReplaceService, spec: ServiceSpec) -> None:
        total = operation.replicas[0]
        running = [one for one in operation.containers if self.containers[one].state in UP]
        down = [one for one in operation.containers if one not in running]
        self.remove(down)
        if operation.strategy == "start-first":
            self.grow(spec, total + len(running))
            self.gate(spec.name, total, running)
            self.remove(running)
            return
        if len(running) < total:
            self.grow(spec, total)
            self.gate(spec.name, total - len(running), running)
        while running:
            self.remove((running.pop(0),))
            self.grow(spec, total)
            self.gate(spec.name, total - len(running), running)

    def replace_renamed(self, operation: plans.ReplaceService, spec: ServiceSpec) -> None:
        total = operation.replicas[1]
        if operation.strategy == "start-first":
            self.grow(spec, total)
            self.gate(spec.name, total)
        self.remove(operation.containers)
        self.grow(spec, total)

    def update(self, operation: plans.UpdateService) -> None:
        spec = self.spec(operation)
        for container in operation.containers:
            one = self.containers[container]
            self.change(
                container,
                restart=spec.restart,
                cpus=spec.cpus or one.cpus,
                memory=spec.memory or one.memory,
            )

    # Jobs.

    def run_job(self, operation: plans.RunJob) -> None:
        job = next(one for one in self.desired.jobs if one.service == operation.name)
        spec = self.spec(operation)
        earlier = next(
            (one for one in self.containers.values() if one.name == job_name("shop-prod", job)), None
        )
        there = [one for one in operation.records if one in self.containers]
        waited = [one for one in there if self.containers[one].state == "running"]
        for one in waited:
            self.change(one, state="exited", exit_code=0)
        if earlier is not None and earlier.id in waited:
            self.remove(one for one in operation.records if one != earlier.id)
            return
        if earlier is not None:
            self.remove((earlier.id,))
        self.clock += 1
        ids = {one.name: one.id for one in self.networks.values()}
        made = job_record(
            self.desired, job, identity(f"{job.service} job {self.clock}"), self.containers, ids
        )
        self.expect_free(made.name)
        self.expect_there(made, spec)
        self.containers[made.id] = replace(made, started_at=moment(self.clock))
        self.remove(operation.records)

    def carry(self, container: str, spec: ServiceSpec) -> None:
        job = next(one for one in self.desired.jobs if one.service == spec.name)
        if all(one.name != job_name("shop-prod", job) for one in self.containers.values()):
            one = self.containers[container]
            self.clock += 1
            made = replace(
                one,
                id=identity(f"{container} carried {self.clock}"),
                name=job_name("shop-prod", job),
                service=spec.name,
                state="created",
                spec=None,
                job=dict(job.document),
                labels={**one.labels, labels.ROLE: RECORD, labels.SERVICE: spec.name},
                volumes=(),
                networks=(),
                network_ids={},
                aliases={},
                shares=(),
            )
            self.containers[made.id] = made
        self.remove((container,))

    def replace_network(self, operation: plans.ReplaceNetwork) -> None:
        spec = next(one for one in self.desired.networks if one.key == operation.name)
        members = {
            ident: self.names_on(self.containers[ident], spec.name)
            for ident in operation.containers
            if ident in self.containers and spec.name in self.containers[ident].networks
        }
        for container in members:
            self.disconnect(container, spec.name)
        self.remove_network(operation.network)
        self.create_network(operation.name)
        for container, names in members.items():
            self.connect(container, spec.name, names)

    @staticmethod
    def names_on(one: Container, network: str) -> tuple[str, ...]:
        names = one.aliases.get(network, ())
        return names if one.one_off else (*names, one.service)
