"""What the engine shows: the containers of a service as they are made, and a whole deployment as declared."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from property.deployments import KEY, KEY_VOLUME

from shipyard.compile import labels
from shipyard.compile.inputs import inputs_label
from shipyard.compile.references import familiar
from shipyard.compile.spec import canonical, service_document
from shipyard.compile.storage import record_volume
from shipyard.manifest.sharing import shared_services
from shipyard.model.desired import Desired, JobSpec, NetworkSpec, ServiceSpec, VolumeSpec
from shipyard.model.observed import Container, Engine, HostPort, Network, Observed, Volume
from shipyard.model.record import replace
from shipyard.reconcile.names import job_name
from shipyard.reconcile.settings import network_document, volume_document

ENGINE = Engine(id="E", name="box", version="28.5.2", address="local engine")
OWN = labels.ownership("shop", "prod", None)


def identity(text: str) -> str:
    """An id of the engine's shape."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment(number: int) -> str:
    """Times in the engine's own text, in order."""
    return f"2026-01-01T00:00:00.{number:09d}Z"


def moment_of(container: Container) -> int:
    return int(container.started_at[20:29] or 0)


def own_name(service: str, number: int) -> str:
    return f"shop-prod-{service}-{number}"


def made_container(
    desired: Desired,
    spec: ServiceSpec,
    number: int,
    ident: str,
    there: Mapping[str, Container],
    networks: Mapping[str, str],
) -> Container:
    """A container that was made from a spec and not started. `there` are containers by id, `networks` ids
    by name."""
    build = next((one for one in desired.images if one.service == spec.built), None)
    named = {one.source for one in spec.volumes if one.kind == "volume" and one.source}
    named |= {spec.secret_volume} if spec.secret_volume else set()
    shares = []
    for key, name in shared_services(spec.compose):
        hosts = [one for one in there.values() if one.service == name and not one.one_off]
        assert hosts, f"{spec.name} lives in {name}, of which there is no container"
        host = min(hosts, key=lambda one: one.number)
        shares.append(host.id)
        named |= set(host.volumes) if key == "volumes_from" else set()
    on = () if "network_mode" in spec.compose else spec.networks
    return Container(
        id=ident,
        name=own_name(spec.name, number),
        service=spec.name,
        number=number,
        state="created",
        exit_code=0,
        health="",
        image=spec.image,
        image_id=f"sha256:{spec.image}",
        # Through JSON, as a label does it.
        spec=json.loads(json.dumps(service_document(spec))),
        labels={**OWN, **({labels.INPUTS: inputs_label(build)} if build else {})},
        restart=spec.restart,
        cpus=spec.cpus or 0,
        memory=spec.memory or 0,
        networks=on,
        volumes=tuple(sorted(named)),
        limits={"PidsLimit": 50} if "pids_limit" in spec.compose else {},
        network_ids={name: networks[name] for name in on},
        aliases={name: (own_name(spec.name, number), spec.name) for name in on},
        anonymous={
            one.target: identity(ident + one.target)
            for one in spec.volumes
            if one.kind == "volume" and one.source is None
        },
        shares=tuple(sorted(shares)),
    )


def up(spec: ServiceSpec, container: Container, at: int) -> Container:
    """The same container after its start: a one-shot has run to its end."""
    if spec.one_shot:
        return replace(container, state="exited", exit_code=0, ports=(), started_at=moment(at))
    return replace(
        container,
        state="running",
        exit_code=0,
        health="healthy" if spec.check else "",
        ports=declared_ports(container),
        started_at=moment(at),
    )


_PORT = re.compile(r"(\[.*\]|[^:]*):(\d*):(\d+)/(tcp|udp)")


def declared_ports(container: Container) -> tuple[HostPort, ...]:
    """What a container publishes when it runs, from its recorded spec."""
    found = []
    texts = (container.spec or {}).get("publish", ())
    for index, text in enumerate(texts if isinstance(texts, list) else ()):
        match = _PORT.fullmatch(text)
        assert match is not None, text
        # Without a port of the host the engine takes one that is free.
        port = int(match[2]) if match[2] else 30000 + (int(container.id[:6], 16) + index) % 20000
        found.append(
            HostPort(host_ip=match[1], host_port=port, container_port=int(match[3]), protocol=match[4])
        )
    return tuple(found)


def made_network(spec: NetworkSpec, ident: str) -> Network:
    recorded = {**OWN, labels.SPEC: network_document(spec)}
    return Network(
        id=ident, name=spec.name, owned=not spec.external, labels={} if spec.external else recorded
    )


def made_volume(spec: VolumeSpec) -> Volume:
    recorded = {**OWN, labels.SPEC: volume_document(spec)}
    if spec.database is not None:
        recorded[labels.DATABASE] = spec.database
    return Volume(name=spec.name, owned=not spec.external, labels={} if spec.external else recorded)


def secret_volume(service: str, name: str) -> Volume:
    return Volume(name=name, owned=True, labels={**OWN, labels.ROLE: "secrets", labels.SERVICE: service})


def key_volume(key: str) -> Volume:
    return Volume(name=KEY_VOLUME, owned=True, labels={**OWN, labels.ROLE: "key", labels.KEY: key})


def record(replicas: Mapping[str, int]) -> Volume:
    """How many replicas were applied."""
    text = canonical(dict(replicas))
    name = record_volume("shop-prod", text)
    return Volume(name=name, owned=True, labels={**OWN, labels.ROLE: "record", labels.REPLICAS: text})


def job_record(
    desired: Desired, job: JobSpec, ident: str, there: Mapping[str, Container], networks: Mapping[str, str]
) -> Container:
    """The container of a before_deploy run that ended well."""
    made = made_container(desired, desired.service(job.service), 1, ident, there, networks)
    return replace(
        made,
        name=job_name("shop-prod", job),
        state="exited",
        one_off=True,
        restart="no",
        job=json.loads(json.dumps(dict(job.document))),
        aliases={name: (job_name("shop-prod", job),) for name in made.networks},
    )


def world(desired: Desired) -> Observed:
    """What the engine shows when everything is as declared."""
    networks = {one.name: identity(f"network {one.name}") for one in desired.networks}
    containers: dict[str, Container] = {}
    clock = 0
    for spec in desired.services:
        for number in range(1, spec.replicas + 1):
            clock += 1
            ident = identity(f"{spec.name} {number}")
            containers[ident] = up(
                spec, made_container(desired, spec, number, ident, containers, networks), clock
            )
    jobs = [
        job_record(desired, job, identity(f"{job.service} job"), containers, networks) for job in desired.jobs
    ]
    return Observed(
        engine=ENGINE,
        containers=(*containers.values(), *jobs),
        networks=tuple(made_network(one, networks[one.name]) for one in desired.networks),
        volumes=(
            key_volume(KEY),
            record({spec.name: spec.replicas for spec in desired.services}),
            *(secret_volume(one.service, one.name) for one in desired.secret_volumes),
            *(made_volume(one) for one in desired.volumes),
        ),
        images={familiar(spec.image): f"sha256:{spec.image}" for spec in desired.services},
        inputs={familiar(plan.reference): inputs_label(plan) for plan in desired.images},
    )
