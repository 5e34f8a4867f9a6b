"""The desired state: a manifest, what was detected and the build plans, made into service specs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from shipyard.compile.checks import service_check
from shipyard.compile.spec import canonical, job_document
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.build import BuildPlan, Decision, Detected
from shipyard.model.desired import (
    Desired,
    JobSpec,
    NetworkSpec,
    SecretFile,
    SecretVolume,
    ServiceSpec,
    VolumeSpec,
)
from shipyard.model.manifest import Manifest, Mount, Publish, SecretRef, Service, Template

APP_UID = 10001
SERVER_GRACE = 10.0
WORKER_GRACE = 60.0

Builds = Mapping[str, tuple[Detected, BuildPlan]]
"""By the name of the service that owns the image."""


class CompileError(ShipyardError):
    """The manifest is well-formed and still cannot be compiled."""


def image_owner(service: Service) -> str | None:
    """The service whose build plan makes this one's image; None for an image that is pulled."""
    if service.image is not None:
        return None
    return service.like or service.name


def compile_desired(
    manifest: Manifest, builds: Builds, digests: Mapping[str, str | None] | None = None
) -> Desired:
    """Compile the whole deployment. `digests` are keyed digests of secrets by source name.

    Raises ErrorGroup of CompileError.
    """
    errors: list[ShipyardError] = []
    specs: list[ServiceSpec] = []
    decisions: dict[str, tuple[Decision, ...]] = {}
    silent = not any(service.publish for service in manifest.services)
    publishes_web = silent and (manifest.stage in ("dev", "default") or manifest.instance is not None)
    taken: set[int] = set()
    for service in manifest.services:
        try:
            spec, made = _service_spec(manifest, service, builds, digests or {})
        except CompileError as error:
            errors.append(error)
            continue
        if publishes_web and spec.port is not None and spec.built == spec.name:
            fixed = None if manifest.instance or spec.port in taken else spec.port
            taken.add(spec.port)
            spec = replace(spec, publish=(Publish(host_port=fixed, container_port=None),))
        specs.append(spec)
        decisions[service.name] = made
    if errors:
        raise ErrorGroup(tuple(errors))
    secret_volumes = tuple(volume for spec in specs if (volume := _secret_volume(manifest, spec)) is not None)
    named = {volume.service: volume.name for volume in secret_volumes}
    specs = [replace(spec, secret_volume=named.get(spec.name)) for spec in specs]
    jobs = tuple(
        JobSpec(
            service=service.name,
            command=service.before_deploy,
            document=job_document(spec, service.before_deploy),
        )
        for service, spec in zip(manifest.services, specs, strict=True)
        if service.before_deploy is not None
    )
    return Desired(
        manifest=manifest,
        services=tuple(in_order_of_needs(specs)),
        images=tuple(plan for _, plan in builds.values()),
        networks=_networks(manifest, specs),
        volumes=_volumes(manifest),
        secret_volumes=secret_volumes,
        jobs=jobs,
        decisions=decisions,
    )


def in_order_of_needs(specs: list[ServiceSpec]) -> list[ServiceSpec]:
    """Needs first; otherwise as declared."""
    by_name = {spec.name: spec for spec in specs}
    ordered: dict[str, ServiceSpec] = {}

    def visit(spec: ServiceSpec) -> None:
        if spec.name in ordered:
            return
        for need in spec.needs:
            if need in by_name:
                visit(by_name[need])
        ordered[spec.name] = spec

    for spec in specs:
        visit(spec)
    return list(ordered.values())


def _service_spec(
    manifest: Manifest, service: Service, builds: Builds, digests: Mapping[str, str | None]
) -> tuple[ServiceSpec, tuple[Decision, ...]]:
    owner = image_owner(service)
    detected, build = builds[owner] if owner is not None else (None, None)
    serves = detected is not None and owner == service.name and service.command is None
    if owner not in (None, service.name) and service.command is None:
        raise CompileError(
            f"service {service.name} is like {owner} and has no command of its own",
            where=f"services.{service.name}",
            hint=f'add command = ["..."] to [services.{service.name}]: what it runs in the image of {owner}',
        )
    port = service.port
    if port is None and serves and detected is not None:
        port = detected.port
    missing = [publish for publish in service.publish if publish.container_port is None]
    if missing and port is None:
        raise CompileError(
            f"publish names no port of the container and service {service.name} has no port",
            where=f"services.{service.name}.publish",
            hint='write both, as in "8080:80", or declare port',
        )
    env = _environment(service)
    files = tuple(
        SecretFile(name=secret.name, source=secret.source)
        for secret in service.secrets
        if secret.delivery == "file"
    )
    check, check_origin = service_check(service, detected if serves else None, port, env)
    grace = service.stop_timeout
    if grace is None:
        grace = SERVER_GRACE if port is not None or service.image is not None else WORKER_GRACE
    if serves and service.resources.cpus is not None and "WEB_CONCURRENCY" not in env:
        # gunicorn and uvicorn both read it; a container with a share of a core wants no more workers.
        env["WEB_CONCURRENCY"] = (str(max(1, min(8, int(2 * service.resources.cpus)))),)
    used = sorted(
        {ref.name for value in env.values() for ref in value if isinstance(ref, SecretRef)}
        | {file.source for file in files}
    )
    spec = ServiceSpec(
        name=service.name,
        image=build.reference if build is not None else service.image or "",
        built=owner,
        command=service.command,
        entrypoint=service.entrypoint,
        env=dict(sorted(env.items())),
        secrets={name: digests.get(name) for name in used},
        secret_files=files,
        port=port,
        publish=service.publish,
        check=check,
        check_origin=check_origin,
        check_disabled=service.health is False,
        volumes=tuple(_on_engine(manifest, mount) for mount in service.volumes),
        networks=tuple(_network_name(manifest, key) for key in sorted(set(service.networks or ("default",)))),
        cpus=service.resources.cpus,
        memory=service.resources.memory,
        restart=service.restart or "unless-stopped",
        stop_timeout=grace,
        user=service.user,
        read_only=service.read_only,
        tmpfs=service.tmpfs,
        labels=service.labels,
        extra_hosts=service.extra_hosts,
        compose=service.compose,
        replicas=service.replicas,
        needs=service.needs,
        rollout=service.rollout,
        like=service.like,
    )
    made = list(detected.decisions) if detected is not None and owner == service.name else []
    if check_origin:
        shown = " ".join(check.command) if check else "none"
        made.append(
            Decision(
                subject="health check",
                value=shown,
                evidence=check_origin,
                origin="manifest" if check_origin.startswith(("declared", "disabled")) else "detected",
            )
        )
    made += [
        Decision(subject=f"compose.{key}", value=str(value), evidence="passed through", origin="manifest")
        for key, value in sorted(service.compose.items())
    ]
    return spec, tuple(made)


def _environment(service: Service) -> dict[str, Template]:
    env = dict(service.env)
    for secret in service.secrets:
        if secret.delivery == "env":
            env[secret.name] = (SecretRef(name=secret.source),)
        else:
            env[f"{secret.name}_FILE"] = (f"/run/secrets/{secret.name}",)
    return env


def _network_name(manifest: Manifest, key: str) -> str:
    declared = next((network for network in manifest.networks if network.key == key), None)
    if declared is not None and (declared.name or declared.external):
        return declared.name or key
    return f"{manifest.deployment}_{key}"


def _volume_name(manifest: Manifest, key: str) -> str:
    declared = next((volume for volume in manifest.volumes if volume.key == key), None)
    if declared is not None and (declared.name or declared.external):
        return declared.name or key
    return f"{manifest.deployment}_{key}"


def _on_engine(manifest: Manifest, mount: Mount) -> Mount:
    if mount.kind == "volume" and mount.source is not None:
        return replace(mount, source=_volume_name(manifest, mount.source))
    return mount


def _networks(manifest: Manifest, specs: list[ServiceSpec]) -> tuple[NetworkSpec, ...]:
    declared = {network.key: network for network in manifest.networks}
    keys = {key for service in manifest.services for key in service.networks or ("default",)}
    made = []
    for key in sorted(keys):
        network = declared.get(key)
        name = _network_name(manifest, key)
        if network is None:
            made.append(NetworkSpec(key=key, name=name))
        else:
            made.append(
                NetworkSpec(
                    key=key,
                    name=name,
                    external=network.external,
                    internal=network.internal,
                    driver=network.driver,
                    subnet=network.subnet,
                )
            )
    return tuple(made)


def _volumes(manifest: Manifest) -> tuple[VolumeSpec, ...]:
    declared = {volume.key: volume for volume in manifest.volumes}
    keys = {
        mount.source
        for service in manifest.services
        for mount in service.volumes
        if mount.kind == "volume" and mount.source is not None
    }
    made = []
    for key in sorted(keys):
        volume = declared.get(key)
        made.append(
            VolumeSpec(
                key=key,
                name=_volume_name(manifest, key),
                external=bool(volume and volume.external),
                driver=volume.driver if volume else None,
            )
        )
    return tuple(made)


def _secret_volume(manifest: Manifest, spec: ServiceSpec) -> SecretVolume | None:
    if not spec.secret_files:
        return None
    uid, gid = _owner(spec)
    version = canonical(
        [
            [[file.name, file.source, spec.secrets.get(file.source)] for file in spec.secret_files],
            uid,
            gid,
        ]
    )
    digest = hashlib.sha256(version.encode()).hexdigest()[:12]
    return SecretVolume(
        service=spec.name,
        name=f"{manifest.deployment}_{spec.name}-secrets-{digest}",
        files=spec.secret_files,
        uid=uid,
        gid=gid,
    )


def _owner(spec: ServiceSpec) -> tuple[int, int]:
    """Who reads the secret files: the declared numeric user, the image's own for built services, else
    root, as which the entrypoints of official images start."""
    if spec.user is not None:
        user, _, group = spec.user.partition(":")
        if user.isdigit():
            return int(user), int(group) if group.isdigit() else int(user)
    return (APP_UID, APP_UID) if spec.built is not None else (0, 0)
