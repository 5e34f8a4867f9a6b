"""A deployment `shop / prod`, and a world that is exactly as declared, to be disturbed by each test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shipyard.compile import labels
from shipyard.compile.inputs import inputs_label
from shipyard.compile.spec import job_document, service_document
from shipyard.model.build import BuildPlan
from shipyard.model.desired import (
    Desired,
    JobSpec,
    NetworkSpec,
    SecretFile,
    SecretVolume,
    ServiceSpec,
    VolumeSpec,
)
from shipyard.model.manifest import Manifest, Service
from shipyard.model.observed import Container, Engine, HostPort, Network, Observed, Volume
from shipyard.model.plan import Plan
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile
from shipyard.reconcile.settings import network_document, volume_document

OWN = labels.ownership("shop", "prod", None)
ENGINE = Engine(id="E1", name="box", version="28.5.2", address="local engine")


def make_service(name: str, **fields: Any) -> ServiceSpec:
    """A service of a pulled image on the default network."""
    fields.setdefault("image", f"{name}:1")
    fields.setdefault("built", None)
    fields.setdefault("networks", ("shop-prod_default",))
    return ServiceSpec(name=name, **fields)


def make_build(service: str = "web", tag: str = "in-1", **fields: Any) -> BuildPlan:
    fields.setdefault("facts", {"python": "3.13"})
    fields.setdefault("files", {"app.py": "a" * 64})
    return BuildPlan(
        service=service,
        repository=f"shop/{service}",
        context=".",
        dockerfile="FROM scratch\n",
        dockerignore="",
        tag=tag,
        recipe="1",
        **fields,
    )


def make_job(spec: ServiceSpec, *command: str) -> JobSpec:
    return JobSpec(service=spec.name, command=command, document=job_document(spec, command))


def make_desired(*services: ServiceSpec, **fields: Any) -> Desired:
    """Everything that these services need is declared, unless given otherwise."""
    fields.setdefault("networks", (NetworkSpec(key="default", name="shop-prod_default"),))
    manifest = Manifest(
        root=Path("/srv/shop"),
        name="shop",
        stage="prod",
        services=tuple(Service(name=one.name, needs=one.needs) for one in services),
    )
    return Desired(manifest=manifest, services=services, **fields)


def image_id_of(reference: str) -> str:
    return f"sha256:{reference}"


def containers_of(desired: Desired, spec: ServiceSpec) -> tuple[Container, ...]:
    inputs = next((plan for plan in desired.images if plan.service == spec.built), None)
    return tuple(
        Container(
            id=f"{spec.name}{number}",
            name=f"shop-prod-{spec.name}-{number}",
            service=spec.name,
            number=number,
            state="running",
            exit_code=0,
            health="healthy" if spec.check else "",
            image=spec.image,
            image_id=image_id_of(spec.image),
            # Through JSON, as a label does it.
            spec=json.loads(json.dumps(service_document(spec))),
            labels={**OWN, **({labels.INPUTS: inputs_label(inputs)} if inputs else {})},
            restart=spec.restart,
            cpus=spec.cpus or 0,
            memory=spec.memory or 0,
            networks=spec.networks,
            volumes=(
                *((spec.secret_volume,) if spec.secret_volume else ()),
                *(one.source for one in spec.volumes if one.kind == "volume" and one.source),
            ),
            ports=tuple(
                HostPort(
                    host_ip=one.host_ip,
                    host_port=one.host_port,
                    container_port=one.container_port or spec.port or 0,
                    protocol=one.protocol,
                )
                for one in spec.publish
                if one.host_port
            ),
        )
        for number in range(1, spec.replicas + 1)
    )


def job_record(job: JobSpec, **fields: Any) -> Container:
    """The container of a before_deploy run that ended well."""
    wanted: dict[str, Any] = {
        "id": f"{job.service}-job",
        "name": f"shop-prod-{job.service}-before-deploy-1",
        "service": job.service,
        "number": 1,
        "state": "exited",
        "exit_code": 0,
        "health": "",
        "image": "x",
        "image_id": image_id_of(str(job.document["image"])),
        "spec": None,
        "one_off": True,
        "job": json.loads(json.dumps(dict(job.document))),
        "labels": OWN,
    }
    return Container(**{**wanted, **fields})


def make_world(desired: Desired) -> Observed:
    """What the engine shows when everything is as declared."""
    running = [one for spec in desired.services for one in containers_of(desired, spec)]
    volumes = [
        Volume(
            name=one.name,
            owned=not one.external,
            labels={
                **OWN,
                labels.SPEC: volume_document(one),
                **({labels.DATABASE: one.database} if one.database else {}),
            },
        )
        for one in desired.volumes
    ]
    if any(spec.secrets for spec in desired.services):
        volumes.append(Volume(name="shop-prod_shipyard-key", owned=True, labels={labels.ROLE: "key"}))
    volumes += [
        Volume(name=one.name, owned=True, labels={labels.ROLE: "secrets", labels.SERVICE: one.service})
        for one in desired.secret_volumes
    ]
    return Observed(
        engine=ENGINE,
        containers=(*running, *(job_record(job) for job in desired.jobs)),
        networks=tuple(
            Network(
                id=f"n-{one.key}",
                name=one.name,
                owned=not one.external,
                labels={**OWN, labels.SPEC: network_document(one)},
            )
            for one in desired.networks
        ),
        volumes=tuple(volumes),
        inputs={plan.reference: inputs_label(plan) for plan in desired.images},
        images={
            reference if ":" in reference else f"{reference}:latest": image_id_of(reference)
            for reference in {spec.image for spec in desired.services}
        },
    )


def change(observed: Observed, container: str, **fields: Any) -> Observed:
    """The same world with one container changed."""
    assert any(one.id == container for one in observed.containers)
    changed = tuple(replace(one, **fields) if one.id == container else one for one in observed.containers)
    return replace(observed, containers=changed)


def ids(plan: Plan) -> list[str]:
    return [operation.id for operation in plan.operations]


@dataclass(frozen=True, slots=True)
class Shop:
    """The factories, in one fixture."""

    service: Callable[..., ServiceSpec] = make_service
    build: Callable[..., BuildPlan] = make_build
    job: Callable[..., JobSpec] = make_job
    desired: Callable[..., Desired] = make_desired
    world: Callable[[Desired], Observed] = make_world
    change: Callable[..., Observed] = change
    record: Callable[..., Container] = job_record
    engine: Engine = ENGINE

    def empty(self) -> Observed:
        return Observed(engine=self.engine)

    def ids(self, desired: Desired, observed: Observed) -> list[str]:
        """The plan's operations by id."""
        return ids(reconcile(desired, observed))

    def only(self, desired: Desired, observed: Observed) -> Any:
        """The one operation of the plan."""
        plan = reconcile(desired, observed)
        assert len(plan.operations) == 1, ids(plan)
        return plan.operations[0]

    def with_secret_file(self, digest: str | None = "d1", version: str = "v1") -> Desired:
        """A database whose password is a file."""
        files = (SecretFile(name="PASSWORD", source="DB_PASSWORD"),)
        name = f"shop-prod_db-secrets-{version}"
        spec = make_service(
            "db",
            image="postgres:17",
            secrets={"DB_PASSWORD": digest},
            secret_files=files,
            secret_volume=name,
        )
        volume = SecretVolume(service="db", name=name, files=files, uid=0, gid=0)
        return make_desired(spec, secret_volumes=(volume,))

    def with_job(self, tag: str = "in-1", *command: str) -> Desired:
        """A web service that migrates, and a worker of the same image."""
        image = f"shop/web:{tag}"
        web = make_service("web", image=image, built="web")
        worker = make_service("worker", image=image, built="web", like="web", command=("work",))
        job = make_job(web, *(command or ("migrate",)))
        return make_desired(web, worker, images=(make_build(tag=tag),), jobs=(job,))

    def volume(self, key: str = "data", **fields: Any) -> VolumeSpec:
        return VolumeSpec(key=key, name=f"shop-prod_{key}", **fields)


@pytest.fixture
def shop() -> Shop:
    return Shop()
