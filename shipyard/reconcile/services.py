"""What has to happen to one service as a whole: created, repaired, scaled, replaced."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.references import image_id
from shipyard.compile.spec import Document, publish_text, service_document
from shipyard.manifest.sharing import shared_services
from shipyard.model.build import BuildPlan
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Network, Observed
from shipyard.model.plan import (
    Cause,
    CreateService,
    FieldCause,
    ImageCause,
    Operation,
    ReasonCause,
    ReplaceService,
    ScaleService,
    StartService,
)
from shipyard.model.record import Draft, Record, field
from shipyard.reconcile.by_hand import drift_of_replaced
from shipyard.reconcile.diff import inputs_causes, told_once
from shipyard.reconcile.outdated import comparable, outdated_causes, sharing_causes
from shipyard.reconcile.renamed import Renamed
from shipyard.reconcile.repairs import repairs
from shipyard.reconcile.replacing import renaming_operation, replace_operation
from shipyard.reconcile.scale import creation_causes, scale_operation


class ServiceDraft(Draft):
    """Operations of one service while the plan is made; `current` are its containers after mending,
    `earlier` those of the name that it had, `wants_image` when a container will be made."""

    spec: ServiceSpec
    current: tuple[Container, ...]
    earlier: tuple[Container, ...] = ()
    main: list[Operation] = field(default_factory=list)
    wants_image: bool = False

    @property
    def fate(self) -> str | None:
        """What others notice of its containers: replaced, created, started, or nothing."""
        words = {ReplaceService: "replaced", CreateService: "created", StartService: "started"}
        found = {words[type(one)] for one in self.main if type(one) in words}
        return next((word for word in words.values() if word in found), None)

    @property
    def leaving(self) -> tuple[Container, ...]:
        """Containers that its operations remove or replace."""
        ids = {
            one
            for operation in self.main
            if isinstance(operation, ReplaceService | ScaleService)
            for one in (operation.containers if isinstance(operation, ReplaceService) else operation.removed)
        }
        return tuple(one for one in (*self.current, *self.earlier) if one.id in ids)


class Surroundings(Record):
    """What the draft of a service depends on beyond itself: `recorded` replicas by service, services whose
    replacement is `forced`, `networks` as repairs takes them, what was `renamed`, and the ids of containers
    that are removed before, in `mended`; `moved` are references of built images whose tags mean others now;
    `builds` are the plans of images by the service that owns each, `running` the services that have
    containers."""

    observed: Observed
    recorded: Mapping[str, int]
    forced: frozenset[str]
    networks: Mapping[str, Network | None]
    renamed: Mapping[str, Renamed]
    mended: frozenset[str]
    moved: frozenset[str]
    builds: Mapping[str, BuildPlan]
    running: frozenset[str]


def service_draft(
    spec: ServiceSpec,
    current: tuple[Container, ...],
    around: Surroundings,
    before: Mapping[str, ServiceDraft],
) -> ServiceDraft:
    """`before` are those of the services before it."""
    draft = ServiceDraft(spec=spec, current=current)
    if spec.name in around.renamed:
        _replace_renamed(draft, around.renamed[spec.name], around)
        return draft
    if not current:
        causes = creation_causes(spec, around.recorded.get(spec.name))
        draft.wants_image = True
        draft.main.append(
            CreateService(
                address=f"service.{spec.name}",
                causes=causes,
                replicas=spec.replicas,
                publish=tuple(publish_text(one, spec.port) for one in spec.publish),
            )
        )
        return draft
    document = service_document(spec)
    why = {one.id: _causes(spec, document, one, around, before) for one in current}
    keep = _kept(current, spec.replicas, why)
    held: tuple[Container, ...] = ()
    if _unproven(spec, keep, why):
        # None of these goes before what takes its place is known to work.
        held = tuple(one for one in current if why[one.id] and one not in keep)
    removed = tuple(
        container.id
        for container in sorted(current, key=lambda one: one.number, reverse=True)
        if container not in (*keep, *held)
    )
    replaced = (*(container for container in keep if why[container.id]), *held)
    unknown = frozenset(one.id for one in keep if not comparable(document, one))
    others = around.running - {spec.name}
    draft.main += repairs(spec, keep, frozenset(one.id for one in replaced), unknown, around.networks, others)
    total, recorded = len(current), around.recorded.get(spec.name)
    if removed:
        going = (one for one in current if one.id in removed)
        drift = (cause for one in going for cause in drift_of_replaced(spec, one, around.observed))
        draft.main.append(scale_operation(spec, total, removed, recorded, drift))
    if replaced:
        told = told_once(
            cause
            for one in replaced
            for cause in (*why[one.id], *drift_of_replaced(spec, one, around.observed))
        )
        draft.wants_image = True
        draft.main.append(replace_operation(spec, replaced, len(keep), told))
    if total < spec.replicas:
        draft.wants_image = True
        draft.main.append(scale_operation(spec, total, (), recorded))
    return draft


def _causes(
    spec: ServiceSpec,
    document: Document,
    container: Container,
    around: Surroundings,
    before: Mapping[str, ServiceDraft],
) -> tuple[Cause, ...]:
    """Why one container is replaced."""
    observed = around.observed
    maker, plan = _maker(spec, around), around.builds.get(spec.built or "")
    moved = spec.image in around.moved
    causes = outdated_causes(spec, document, container, observed, maker, plan, moved)
    if maker is None and any(isinstance(one, ImageCause) for one in causes):
        # No build of this plan names what has changed in an image that is there already.
        recorded = container.labels.get(labels.INPUTS)
        causes += inputs_causes(recorded, plan.facts, plan.files) if plan is not None else ()
    if shared_services(spec.compose):
        fates = {name: draft.fate for name, draft in before.items() if draft.fate is not None}
        leaving = around.mended | {one.id for draft in before.values() for one in draft.leaving}
        causes += sharing_causes(spec, container, observed, fates, leaving)
    if spec.name in around.forced:
        causes += (ReasonCause(reason="forced", text="asked for"),)
    return causes


def _maker(spec: ServiceSpec, around: Surroundings) -> str | None:
    """The id of the operation that gets the image of a built service; None when it is there."""
    if image_id(around.observed.images, spec.image) is not None and spec.image not in around.moved:
        return None
    return f"image.{spec.built}/{'pull' if '@' in spec.image else 'build'}"


def _replace_renamed(draft: ServiceDraft, renamed: Renamed, around: Surroundings) -> None:
    spec = draft.spec
    causes: list[Cause] = [ReasonCause(reason="renamed", text=f"was {spec.was}")]
    maker, plan = _maker(spec, around), around.builds.get(spec.built or "")
    moved = spec.image in around.moved
    document = service_document(spec)
    for container in renamed.containers:
        causes += outdated_causes(spec, document, container, around.observed, maker, plan, moved)
        causes += drift_of_replaced(spec, container, around.observed)
    if len(renamed.containers) != spec.replicas:
        causes.append(FieldCause(path="replicas", before=len(renamed.containers), after=spec.replicas))
    told = told_once(causes)
    draft.wants_image = True
    draft.earlier = renamed.containers
    draft.main.append(renaming_operation(spec, renamed.containers, told, renamed.carried))


def _unproven(spec: ServiceSpec, keep: tuple[Container, ...], why: Mapping[str, tuple[Cause, ...]]) -> bool:
    """Whether a rollout that starts the new ones first stopped before they were healthy."""
    fresh = [one for one in keep if not why[one.id]]
    return spec.rollout == "start-first" and any(
        one.state != "running" or one.health != "healthy" for one in fresh
    )


def _kept(
    containers: tuple[Container, ...], replicas: int, why: Mapping[str, tuple[Cause, ...]]
) -> tuple[Container, ...]:
    """Those that are as declared stay, of these those that are at work, and of these the lowest numbers; of
    one number, as something that was interrupted left it, the one that has its name: another could not be
    given it."""

    def rank(one: Container) -> tuple[bool, bool, int, bool]:
        misnamed = not one.name.endswith(f"-{one.service}-{one.number}")
        return bool(why[one.id]), not one.at_work, one.number, misnamed

    chosen = sorted(containers, key=rank)[:replicas]
    return tuple(sorted(chosen, key=lambda one: one.number))
