"""The desired state: a manifest, what was detected and the build plans, made into service specs."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile.checks import probe_words, service_check
from shipyard.compile.data import shared_data
from shipyard.compile.develop import DEVELOPERS, developed
from shipyard.compile.listening import Listening, listening
from shipyard.compile.references import locked
from shipyard.compile.spec import job_document
from shipyard.compile.storage import network_name, network_specs, on_engine, secret_volume, volume_specs
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.manifest.sharing import host_services, shared_services
from shipyard.model.build import BuildPlan, Decision, Detected, Role
from shipyard.model.desired import Desired, JobSpec, SecretFile, ServiceSpec
from shipyard.model.manifest import Manifest, Publish, SecretRef, Service, Template
from shipyard.model.record import replace

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
    develops = manifest.mode == "develop"
    own = manifest.stage in DEVELOPERS or develops or manifest.instance is not None
    taken: set[int] = set()
    for service in manifest.services:
        try:
            spec, made = _service_spec(manifest, service, builds, digests or {})
        except CompileError as error:
            errors.append(error)
            continue
        if develops and spec.built is not None:
            spec, decided = developed(spec, builds[spec.built][0])
            made += decided
        web = spec.built == spec.name and service.publish is None and "network_mode" not in service.compose
        if silent and own and web and spec.port is not None:
            free = manifest.instance is None and spec.replicas == 1 and spec.port not in taken
            fixed = spec.port if free else None
            taken.add(spec.port)
            spec = replace(spec, publish=(Publish(host_port=fixed, container_port=None),))
        specs.append(spec)
        decisions[service.name] = made
    errors += [*_of_nobody(specs), *shared_data(specs, manifest.root)]
    if errors:
        raise ErrorGroup(tuple(errors))
    secret_volumes = tuple(volume for spec in specs if (volume := secret_volume(manifest, spec)) is not None)
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
        networks=network_specs(manifest),
        volumes=volume_specs(manifest),
        secret_volumes=secret_volumes,
        jobs=jobs,
        decisions=decisions,
    )


def _of_nobody(specs: list[ServiceSpec]) -> list[CompileError]:
    """The engine lets no container into the namespaces of one that has ended."""
    ending = {spec.name for spec in specs if spec.one_shot}
    return [
        CompileError(
            f"{spec.name} lives in {name}, which runs to its end: nothing can start in it after that",
            where=f"services.{spec.name}.compose.{key}",
            hint=f'take restart = "no" from [services.{name}], or give it a health check if it stays up',
        )
        for spec in specs
        for key, name in shared_services(spec.compose)
        if key != "volumes_from" and name in ending
    ]


def in_order_of_needs(specs: list[ServiceSpec]) -> list[ServiceSpec]:
    """Needs first, who shares an image after its owner, whose before_deploy comes before both, and who
    lives in another's namespaces after it; otherwise as declared."""
    by_name = {spec.name: spec for spec in specs}
    ordered: dict[str, ServiceSpec] = {}
    waiting: set[str] = set()

    def visit(spec: ServiceSpec) -> None:
        if spec.name in ordered or spec.name in waiting:
            return
        waiting.add(spec.name)
        for before in (*spec.needs, spec.like, *host_services(spec.compose)):
            if before in by_name:
                visit(by_name[before])
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
    role = None
    if detected is not None and owner != service.name and service.command is None:
        role = next((one for one in detected.roles if one.service == service.name), None)
        if role is None:
            raise CompileError(
                f"service {service.name} is like {owner} and has no command of its own",
                where=f"services.{service.name}",
                hint=f'add command = ["..."] to [services.{service.name}]: what it runs in the image of '
                f"{owner}",
            )
    program: Detected | Role | None = role or (detected if serves else None)
    heard = None
    if detected is not None and service.command:
        heard = listening(service.command, service.env)
    port = _port(service, program, heard)
    env = _environment(service)
    files = tuple(
        SecretFile(name=secret.name, source=secret.source)
        for secret in service.secrets
        if secret.delivery == "file"
    )
    check, check_origin = service_check(service, detected if serves else None, port, env)
    if role is not None:
        env = {**{name: (value,) for name, value in role.environment}, **env}
    grace = service.stop_timeout
    if grace is None:
        grace = SERVER_GRACE if port is not None or service.image is not None else WORKER_GRACE
    if (
        program is not None
        and service.read_only
        and _needs_temporary(program)
        and not _has_temporary(service)
    ):
        # The one folder in memory that every container has.
        env.setdefault("TMPDIR", ("/dev/shm",))
    if program is not None and program.workers and service.resources.cpus is not None:
        env.setdefault(program.workers, (str(processes_for(service.resources.cpus, program.role)),))
    used = sorted(
        {ref.name for value in env.values() for ref in value if isinstance(ref, SecretRef)}
        | {file.source for file in files}
    )
    spec = ServiceSpec(
        name=service.name,
        image=build.reference if build is not None else locked(service.image or "", manifest.locked),
        built=owner,
        command=role.command if role is not None else service.command,
        entrypoint=service.entrypoint,
        env=dict(sorted(env.items())),
        secrets={name: digests.get(name) for name in used},
        secret_files=files,
        port=port,
        publish=service.publish or (),
        check=check,
        check_origin=check_origin,
        check_disabled=service.health is not None and service.health.disabled,
        volumes=tuple(on_engine(manifest, mount) for mount in service.volumes),
        networks=tuple(network_name(manifest, key) for key in sorted(set(service.networks or ("default",)))),
        cpus=service.resources.cpus,
        memory=service.resources.memory,
        restart=service.restart or "unless-stopped",
        stop_timeout=grace,
        user=service.user,
        read_only=service.read_only,
        tmpfs=service.tmpfs,
        labels=service.labels,
        extra_hosts=service.extra_hosts,
        compose={**_stop_signal(service, detected, role, serves=serves), **service.compose},
        replicas=service.replicas,
        needs=service.needs,
        rollout=service.rollout,
        like=service.like,
        was=service.was,
    )
    made = list(detected.decisions) if detected is not None and owner == service.name else []
    made += role.decisions if role is not None else ()
    if heard is not None and service.port is None:
        made.append(Decision(subject="port", value=str(port), evidence=heard.said, origin="detected"))
    if check_origin:
        shown = (probe_words(check.command) or " ".join(check.command)) if check else "none"
        made.append(
            Decision(
                subject="health check",
                value=shown,
                evidence=check_origin,
                origin="manifest" if check_origin.startswith(("declared", "disabled")) else "detected",
            )
        )
    elif program is not None and program.role != "web":
        why = f"a {program.role} opens no port: it is healthy when it keeps running"
        made.append(Decision(subject="health check", value="none", evidence=why, origin="default"))
    made += [
        Decision(subject=f"compose.{key}", value=str(value), evidence="passed through", origin="manifest")
        for key, value in sorted(service.compose.items())
    ]
    return spec, tuple(made)


def _port(service: Service, program: Detected | Role | None, heard: Listening | None) -> int | None:
    """The port that a service listens on: declared, of what it runs, or by its command's own words. Raises
    CompileError where `publish` leads to a port that is not known."""
    found = (service.port, program.port if program else None, heard.port if heard else None)
    port = next((one for one in found if one is not None), None)
    if port is None and any(publish.container_port is None for publish in service.publish or ()):
        raise CompileError(
            f"publish names no port of the container and service {service.name} has no port",
            where=f"services.{service.name}.publish",
            hint='write both, as in "8080:80", or declare port',
        )
    return port


def processes_for(cpus: float, role: str) -> int:
    """How many processes a limit is good for: two a core for what serves, and mostly waits; one a core for
    a worker. A container with a share of a core wants one."""
    return max(1, min(8, int(2 * cpus)) if role == "web" else int(cpus))


def _needs_temporary(program: Detected | Role) -> bool:
    """Whether a program of a framework wants a temporary folder; the servers that serve others do not."""
    return isinstance(program, Role) or (program.framework is not None and program.server is None)


def _has_temporary(service: Service) -> bool:
    targets = [text.partition(":")[0] for text in service.tmpfs] + [one.target for one in service.volumes]
    return "/tmp" in targets


def _stop_signal(
    service: Service, detected: Detected | None, role: Role | None, *, serves: bool
) -> dict[str, object]:
    """The signal of what runs in an image whose own is that of another program."""
    image = detected.stop_signal if detected is not None else None
    own = (detected if serves else role) if detected is not None else None
    wanted = own.stop_signal if own is not None else None
    return {} if wanted == image else {"stop_signal": wanted or "SIGTERM"}


def _environment(service: Service) -> dict[str, Template]:
    env = dict(service.env)
    for secret in service.secrets:
        if secret.delivery == "env":
            env[secret.name] = (SecretRef(name=secret.source),)
        else:
            env[f"{secret.name}_FILE"] = (f"/run/secrets/{secret.name}",)
    return env
