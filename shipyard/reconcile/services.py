"""What has to happen to one service as a whole: created, repaired, scaled, replaced."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shipyard.compile.references import image_id
from shipyard.compile.spec import service_document
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Cause, CreateService, FieldCause, Operation, ReasonCause, ScaleService
from shipyard.reconcile.containers import mended, outdated_causes, repairs, replace_operation


@dataclass(slots=True, kw_only=True)
class ServiceDraft:
    """Operations of one service while the plan is made; `wants_image` when a container will be made."""

    spec: ServiceSpec
    before: list[Operation] = field(default_factory=list)
    main: list[Operation] = field(default_factory=list)
    wants_image: bool = False


def service_draft(observed: Observed, spec: ServiceSpec) -> ServiceDraft:
    draft = ServiceDraft(spec=spec)
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
    there = image_id(observed.images, spec.image) is not None
    build = None if there else f"image.{spec.built}/{'pull' if '@' in spec.image else 'build'}"
    causes: dict[Cause, None] = {}
    outdated: list[Container] = []
    for container in found.current:
        why = outdated_causes(spec, document, container, observed, build)
        if why:
            outdated.append(container)
            causes.update({_hashable(cause): None for cause in why})
    total = len(found.current)
    keep = _scaled_down(found.current, spec.replicas)
    removed = tuple(
        container.id
        for container in sorted(found.current, key=lambda one: one.number, reverse=True)
        if container not in keep
    )
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
