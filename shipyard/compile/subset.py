"""A part of the desired state: some services, with what they need."""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.manifest.sharing import host_services
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.record import replace


def subset(desired: Desired, names: Iterable[str]) -> Desired:
    """These services and all that they need or live in, directly or not, with their images, jobs and storage;
    and what lives in them, which does not outlive their containers.

    A service that shares another's image comes with that one's before_deploy, not with its containers.
    """
    wanted: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            spec = desired.service(name)
            pending += [*spec.needs, *host_services(spec.compose)]
            pending += guests(name, desired.services)
    services = tuple(spec for spec in desired.services if spec.name in wanted)
    networks = {network for spec in services for network in spec.networks}
    mounted = {mount.source for spec in services for mount in spec.volumes if mount.kind == "volume"}
    owners = {spec.built for spec in services}
    return replace(
        desired,
        services=services,
        images=tuple(plan for plan in desired.images if plan.service in owners),
        networks=tuple(network for network in desired.networks if network.name in networks),
        volumes=tuple(volume for volume in desired.volumes if volume.name in mounted),
        secret_volumes=tuple(one for one in desired.secret_volumes if one.service in wanted),
        jobs=tuple(job for job in desired.jobs if job.service in wanted),
    )


def guests(host: str, services: Iterable[ServiceSpec]) -> list[str]:
    """The services that live in another's namespaces or volumes."""
    return [spec.name for spec in services if host in host_services(spec.compose)]
