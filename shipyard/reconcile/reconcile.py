"""Desired x observed -> plan: pure. The same input gives the same plan, in the same order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shipyard.compile import labels
from shipyard.compile.references import image_id
from shipyard.compile.spec import service_document
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import (
    BuildImage,
    Cause,
    CreateKey,
    CreateNetwork,
    CreateSecret,
    CreateService,
    CreateVolume,
    FieldCause,
    ImageCause,
    Operation,
    Plan,
    PullImage,
    ReasonCause,
    RemoveNetwork,
    RemoveSecret,
    RemoveService,
    ReplaceNetwork,
    ReplaceService,
    RunJob,
    ScaleService,
)
from shipyard.reconcile.containers import mended, outdated_causes, repairs, replace_operation
from shipyard.reconcile.diff import document_causes, inputs_causes, same_document
from shipyard.reconcile.problems import network_document, problems

KEY_VOLUME = "shipyard-key"


@dataclass(slots=True, kw_only=True)
class _Draft:
    """Operations of one service while the plan is made; `wants_image` when a container will be made."""

    spec: ServiceSpec
    before: list[Operation] = field(default_factory=list)
    main: list[Operation] = field(default_factory=list)
    wants_image: bool = False


def key_volume(deployment: str) -> str:
    """The name of the empty volume whose label holds the deployment's key."""
    return f"{deployment}_{KEY_VOLUME}"


def reconcile(desired: Desired, observed: Observed, *, services: tuple[str, ...] = ()) -> Plan:
    """Plan for the whole deployment."""
    drafts = [_service_draft(desired, observed, spec) for spec in desired.services]
    jobs = _jobs(desired, observed)
    wanted = {draft.spec.image for draft in drafts if draft.wants_image}
    wanted |= {desired.service(job.name).image for job in jobs}
    images = _images(desired, observed, wanted)
    resources = _resources(desired, observed, drafts)
    early, late = _removals(desired, observed)
    operations: list[Operation] = []
    ready = [operation.id for operation in (*images, *resources, *early)]
    ends: dict[str, list[str]] = {}
    job_ids: dict[str, str] = {}
    for draft in drafts:
        spec = draft.spec
        base = _base(spec, images, resources, early)
        needs = [last for need in spec.needs for last in ends.get(need, [])]
        owner_job = job_ids.get(spec.like or "")
        chain = [*base, *needs, *([owner_job] if owner_job else [])]
        made: list[Operation] = []
        for operation in draft.before:
            made.append(replace(operation, after=tuple(chain)))
            chain = [operation.id]
        job = next((job for job in jobs if job.name == spec.name), None)
        if job is not None:
            job = replace(job, after=tuple(dict.fromkeys([*base, *needs, *chain])))
            job_ids[spec.name] = job.id
            made.append(job)
            chain = [job.id]
        for operation in draft.main:
            made.append(replace(operation, after=tuple(dict.fromkeys(chain))))
            chain = [operation.id]
        if made:
            ends[spec.name] = [made[-1].id]
        else:
            ends[spec.name] = needs
        operations += made
    late = [replace(one, after=tuple(op.id for op in operations)) for one in late]
    whole = (*images, *resources, *early, *operations, *late)
    known = {operation.id for operation in whole}
    touched = {operation.address for operation in whole}
    assert all(dependency in known for operation in whole for dependency in operation.after), ready
    return Plan(
        project=desired.manifest.name,
        stage=desired.manifest.stage,
        instance=desired.manifest.instance,
        deployment=desired.deployment,
        engine=observed.engine,
        operations=whole,
        unchanged=tuple(
            f"service.{spec.name}" for spec in desired.services if f"service.{spec.name}" not in touched
        ),
        attention=_attention(observed, touched),
        feels=_feels(desired, whole, touched),
        not_compared=_not_compared(desired, observed),
        problems=problems(desired, observed),
        notes=tuple(dict.fromkeys(note for image in desired.images for note in image.notes)),
    )


def _service_draft(desired: Desired, observed: Observed, spec: ServiceSpec) -> _Draft:
    draft = _Draft(spec=spec)
    address = f"service.{spec.name}"
    found = mended(spec.name, _of_service(observed, spec.name))
    if found.mend is not None:
        draft.before.append(found.mend)
    if not found.current:
        draft.wants_image = True
        draft.main.append(
            CreateService(
                address=address,
                causes=(ReasonCause(reason="new", text=f"new service {_image_text(spec)}"),),
                replicas=spec.replicas,
            )
        )
        return draft
    document = service_document(spec)
    build = f"image.{spec.built}/build"
    causes: dict[Cause, None] = {}
    outdated: list[Container] = []
    for container in found.current:
        why = outdated_causes(spec, document, container, observed, build)
        if why:
            outdated.append(container)
            causes.update({_hashable(cause): None for cause in why})
    total = len(found.current)
    keep = _scaled_down(found.current, spec.replicas)
    removed = tuple(container.id for container in found.current if container not in keep)
    replaced = tuple(container for container in outdated if container in keep)
    for operation in repairs(spec, keep, frozenset(container.id for container in replaced)):
        draft.main.append(operation)
    if removed:
        draft.main.append(_scale(address, total, spec.replicas, removed))
    if replaced:
        draft.wants_image = True
        draft.main.append(replace_operation(spec, replaced, len(keep), tuple(causes)))
    if total < spec.replicas:
        draft.wants_image = True
        draft.main.append(_scale(address, total, spec.replicas, ()))
    return draft


def _hashable(cause: Cause) -> Cause:
    if isinstance(cause, FieldCause):
        return replace(cause, before=_frozen(cause.before), after=_frozen(cause.after))
    return cause


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return tuple((key, _frozen(item)) for key, item in sorted(value.items()))
    return value


def _scaled_down(containers: tuple[Container, ...], replicas: int) -> tuple[Container, ...]:
    """The lowest numbers stay."""
    return tuple(sorted(containers, key=lambda one: one.number)[:replicas])


def _scale(address: str, now: int, then: int, removed: tuple[str, ...]) -> ScaleService:
    cause = FieldCause(path="replicas", before=now, after=then)
    return ScaleService(address=address, causes=(cause,), replicas=(now, then), removed=removed)


def _of_service(observed: Observed, name: str) -> tuple[Container, ...]:
    return tuple(one for one in observed.containers if one.service == name and not one.one_off)


def _image_text(spec: ServiceSpec) -> str:
    return f"(image of {spec.built})" if spec.built else spec.image


def _jobs(desired: Desired, observed: Observed) -> list[RunJob]:
    made = []
    for job in desired.jobs:
        records = [one for one in observed.containers if one.service == job.service and one.job is not None]
        done = [one for one in records if one.state == "exited" and one.exit_code == 0]
        if any(same_document(one.job, job.document) for one in done):
            continue
        causes: tuple[Cause, ...] = (ReasonCause(reason="first-run", text="has not run yet"),)
        if done and done[-1].job is not None:
            last = done[-1].job
            causes = document_causes(last, dict(job.document))
            if last.get("image") != job.document.get("image"):
                causes = (ImageCause(by=None), *causes)
        elif records:
            causes = (ReasonCause(reason="missing", text="the last run did not succeed"),)
        made.append(
            RunJob(
                address=f"job.{job.service}",
                causes=causes,
                command=job.command,
                records=tuple(one.id for one in records),
            )
        )
    return made


def _images(desired: Desired, observed: Observed, wanted: set[str]) -> list[Operation]:
    made: list[Operation] = []
    built = {plan.reference for plan in desired.images}
    for plan in desired.images:
        if plan.reference not in wanted or image_id(observed.images, plan.reference) is not None:
            continue
        users = {spec.name for spec in desired.services if spec.built == plan.service}
        recorded = next(
            (one.labels.get(labels.INPUTS) for one in observed.containers if one.service in users), None
        )
        causes: tuple[Cause, ...] = inputs_causes(recorded, plan.facts, plan.files)
        if not causes:
            text = "no image of it yet" if recorded is None else "its image is gone from the engine"
            causes = (ReasonCause(reason="new" if recorded is None else "missing", text=text),)
        made.append(BuildImage(address=f"image.{plan.service}", causes=causes, reference=plan.reference))
    pulled = sorted({spec.image for spec in desired.services if spec.image in wanted - built})
    for reference in pulled:
        if image_id(observed.images, reference) is None:
            cause = ReasonCause(reason="missing", text="not on the engine")
            user = next(spec.name for spec in desired.services if spec.image == reference)
            made.append(PullImage(address=f"image.{user}", causes=(cause,), reference=reference))
    return made


def _resources(desired: Desired, observed: Observed, drafts: list[_Draft]) -> list[Operation]:
    made: list[Operation] = []
    networks = {network.name: network for network in observed.networks}
    new = ReasonCause(reason="new", text="declared and not there")
    for network in desired.networks:
        there = networks.get(network.name)
        if network.external:
            continue
        if there is None:
            made.append(CreateNetwork(address=f"network.{network.key}", causes=(new,)))
        elif there.owned and there.labels.get(labels.SPEC) != network_document(network):
            cause = FieldCause(
                path="settings", before=there.labels.get(labels.SPEC), after=network_document(network)
            )
            made.append(ReplaceNetwork(address=f"network.{network.key}", causes=(cause,), network=there.id))
    volumes = {volume.name for volume in observed.volumes}
    made += [
        CreateVolume(address=f"volume.{volume.key}", causes=(new,))
        for volume in desired.volumes
        if not volume.external and volume.name not in volumes
    ]
    if any(spec.secrets for spec in desired.services) and key_volume(desired.deployment) not in volumes:
        why = ReasonCause(reason="new", text="the key that digests this stage's secrets")
        made.append(CreateKey(address="secret.key", causes=(why,)))
    wanting = {draft.spec.name for draft in drafts if draft.wants_image}
    # A volume that no container mounts may have been made by an apply that was killed before it filled it.
    filled = {name for container in observed.containers for name in container.volumes} & volumes
    for secret in desired.secret_volumes:
        if secret.name not in filled and secret.service in wanting:
            why = ReasonCause(reason="new", text=f"secret files of {secret.service}")
            made.append(CreateSecret(address=f"secret.{secret.service}", causes=(why,), volume=secret.name))
    return made


def _base(
    spec: ServiceSpec, images: list[Operation], resources: list[Operation], early: list[Operation]
) -> list[str]:
    """What must exist before anything of a service is made."""
    return [
        operation.id
        for operation in (*images, *resources, *early)
        if not operation.address.startswith("image.") or getattr(operation, "reference", None) == spec.image
    ]


def _removals(desired: Desired, observed: Observed) -> tuple[list[Operation], list[Operation]]:
    """Orphans: first where a desired service wants their port, else when everything else is done."""
    early: list[Operation] = []
    late: list[Operation] = []
    declared = {spec.name for spec in desired.services}
    wanted = {publish.host_port for spec in desired.services for publish in spec.publish}
    for name in sorted({one.service for one in observed.containers} - declared):
        containers = [one for one in observed.containers if one.service == name]
        cause = ReasonCause(reason="removed", text="no longer declared")
        removal = RemoveService(
            address=f"service.{name}", causes=(cause,), containers=tuple(one.id for one in containers)
        )
        blocked = any(port.host_port in wanted for one in containers for port in one.ports)
        (early if blocked else late).append(removal)
    kept = {secret.name for secret in desired.secret_volumes}
    unknown = {
        secret.service
        for secret in desired.secret_volumes
        if any(desired.service(secret.service).secrets.get(file.source) is None for file in secret.files)
    }
    for volume in observed.volumes:
        service = volume.labels.get(labels.SERVICE, "")
        if not volume.owned or volume.labels.get(labels.ROLE) != "secrets" or volume.name in kept:
            continue
        if service not in unknown:
            cause = ReasonCause(reason="unused", text="an earlier version of its secret files")
            address = f"secret.{volume.name.removeprefix(desired.deployment + '_')}"
            late.append(RemoveSecret(address=address, causes=(cause,), volume=volume.name))
    used = {network.name for network in desired.networks}
    for network in observed.networks:
        busy = any(network.name in foreign.networks for foreign in observed.foreign)
        if network.owned and network.name not in used and not busy:
            cause = ReasonCause(reason="removed", text="no longer declared")
            address = f"network.{network.name.removeprefix(desired.deployment + '_')}"
            late.append(RemoveNetwork(address=address, causes=(cause,), network=network.id))
    return early, late


def _attention(observed: Observed, touched: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"service.{one.service}", f"{one.name} is unhealthy")
        for one in observed.containers
        if one.health == "unhealthy" and not one.one_off and f"service.{one.service}" not in touched
    )


def _feels(
    desired: Desired, operations: tuple[Operation, ...], touched: set[str]
) -> tuple[tuple[str, str], ...]:
    replaced = {operation.name for operation in operations if isinstance(operation, ReplaceService)}
    return tuple(
        (f"service.{spec.name}", f"feels the replacement of {', '.join(sorted(set(spec.needs) & replaced))}")
        for spec in desired.services
        if f"service.{spec.name}" not in touched and set(spec.needs) & replaced
    )


def _not_compared(desired: Desired, observed: Observed) -> tuple[str, ...]:
    running = {one.service for one in observed.containers}
    return tuple(
        f"service.{spec.name}: secrets.{name}"
        for spec in desired.services
        if spec.name in running
        for name, digest in sorted(spec.secrets.items())
        if digest is None
    )
