"""What runs otherwise than people may think: other checkouts, older recipes, volumes left behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shipyard.compile import labels
from shipyard.compile.references import familiar, image_id
from shipyard.compile.spec import in_format, service_document
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Operation, RemoveService, ReplaceService, ScaleService
from shipyard.reconcile.leftovers import by_service
from shipyard.reconcile.moved import short
from shipyard.reconcile.replacing import recreates


def caveats(desired: Desired, observed: Observed, operations: Sequence[Operation]) -> tuple[str, ...]:
    """Sentences, in the order of services."""
    notes: list[str] = []
    leaving = {one for operation in operations for one in getattr(operation, "containers", ())}
    found = by_service(observed)
    for spec in desired.services:
        running = [one for one in found.get(spec.name, ()) if not one.one_off]
        staying = [one for one in running if one.id not in leaving]
        notes += _later_formats(spec, running)
        notes += _other_checkouts(desired, spec, staying)
        notes += _older_recipes(desired, spec, staying)
        notes += _other_images(spec, staying, observed)
    notes += _unknown_images(desired, observed)
    notes += _left_behind(observed, operations)
    return tuple(dict.fromkeys(notes))


def _later_formats(spec: ServiceSpec, running: Iterable[Container]) -> list[str]:
    document = service_document(spec)
    return [
        f"{one.name} was made by a later version of Shipyard: what it runs with is not compared"
        for one in running
        if one.spec is not None and in_format(document, one.spec) is None
    ]


def _other_checkouts(desired: Desired, spec: ServiceSpec, running: Iterable[Container]) -> list[str]:
    """The same project in another folder replaces nothing: a container keeps the folder it was made from."""
    notes = []
    for mount in spec.volumes:
        if mount.kind != "bind" or mount.source is None or mount.source.startswith("/"):
            continue
        here = str(desired.manifest.root / mount.source)
        for one in running:
            found = one.binds.get(mount.target, here)
            if found != here:
                notes.append(
                    f"{one.name} has {mount.target} from {found}, another checkout: "
                    f"`apply --replace {spec.name}` takes it from here"
                )
    return notes


def _older_recipes(desired: Desired, spec: ServiceSpec, running: Iterable[Container]) -> list[str]:
    plan = next((one for one in desired.images if one.service == spec.built == spec.name), None)
    if plan is None or plan.own_dockerfile is not None:
        return []
    older = any(_older(one.labels.get(labels.RECIPE), plan.recipe) for one in running)
    return [f"{spec.name}: a newer image recipe is taken at its next real change"] if older else []


def _other_images(spec: ServiceSpec, running: Iterable[Container], observed: Observed) -> list[str]:
    """Built anew from the same inputs an image may be another one, and so is what somebody made from it under
    the same tag, which inherits its labels: the plan cannot tell them apart."""
    now = image_id(observed.images, spec.image) if spec.built else None
    others = sorted({one.image_id for one in running if one.image == spec.image and one.image_id != now})
    return [
        f"{spec.name} runs image {short(other)}, and its tag means {short(now)} now, by its labels of the "
        f"same inputs: `apply --replace {spec.name}` takes that one"
        for other in others
        if now is not None
    ]


def _unknown_images(desired: Desired, observed: Observed) -> list[str]:
    """What Compose built by a rendered file tells nothing of what it was built from."""
    return [
        f"{plan.service}: its image was not built by Shipyard, and what is in it is not compared: "
        f"`shipyard build --no-cache {plan.service}` makes it anew"
        for plan in desired.images
        if plan.digest is None
        and image_id(observed.images, plan.reference) is not None
        and familiar(plan.reference) not in observed.inputs
    ]


def _older(recorded: str | None, recipe: str) -> bool:
    return recorded is not None and recorded.isdigit() and recipe.isdigit() and int(recorded) < int(recipe)


def _left_behind(observed: Observed, operations: Sequence[Operation]) -> list[str]:
    """Anonymous volumes of containers that go: data in them is never removed, and nobody mounts them."""
    gone: set[str] = set()
    for operation in operations:
        if isinstance(operation, RemoveService):
            gone.update(operation.containers)
        elif isinstance(operation, ScaleService):
            gone.update(operation.removed)
        elif isinstance(operation, ReplaceService) and not recreates(operation):
            gone.update(operation.containers)
    return [
        f"the anonymous volume {volume[:12]} ({target}) of {one.name} is left behind"
        for one in observed.containers
        if one.id in gone and not one.one_off
        for target, volume in sorted(one.anonymous.items())
    ]
