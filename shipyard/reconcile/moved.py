"""Built images whose tag was moved by hand.

A built image's tag is the digest of its inputs, which the image and every container made of it record too: so
a tag that means another image is seen, and what was made of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shipyard.compile import labels
from shipyard.compile.references import familiar, image_id
from shipyard.model.build import BuildPlan
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import DriftCause
from shipyard.reconcile.diff import inputs_causes

TAG = "image.tag"
INPUTS = "image.inputs"


def moved_images(plans: Iterable[BuildPlan], observed: Observed) -> frozenset[str]:
    """References of images that are there, and are not what their tag says."""
    return frozenset(plan.reference for plan in plans if _moved(plan, observed))


def unbuilt(plans: Sequence[BuildPlan], observed: Observed) -> list[BuildPlan]:
    """What is to be built, where all of it is wanted: images that are not there, or not what their tag says.
    What is pulled by its digest is built nowhere."""
    moved = moved_images(plans, observed)
    return [
        plan
        for plan in plans
        if plan.reference in moved
        or (plan.digest is None and image_id(observed.images, plan.reference) is None)
    ]


def _moved(plan: BuildPlan, observed: Observed) -> bool:
    now = image_id(observed.images, plan.reference)
    # What was pushed is asked for by its digest, which nobody moves.
    if now is None or plan.digest is not None:
        return False
    recorded = observed.inputs.get(familiar(plan.reference))
    if recorded:
        return _others(recorded, plan)
    # One that Compose built by a rendered file records nothing: then nothing that runs was built here.
    return any(
        one.image == plan.reference and one.image_id != now and _made_of(one, plan)
        for one in observed.containers
    )


def _others(recorded: str, plan: BuildPlan) -> bool:
    return bool(inputs_causes(recorded, plan.facts, plan.files))


def _made_of(container: Container, plan: BuildPlan) -> bool:
    recorded = container.labels.get(labels.INPUTS)
    return bool(recorded) and not _others(recorded or "", plan)


def tag_cause(plan: BuildPlan, observed: Observed) -> DriftCause:
    """Why an image is built whose tag is there."""
    now = image_id(observed.images, plan.reference) or ""
    return DriftCause(path=TAG, declared=plan.tag, found=short(now))


def image_drift(
    container: Container, plan: BuildPlan | None, reference: str, moved: bool, observed: Observed
) -> DriftCause | None:
    """What is wrong with the image of a container whose declared image is the recorded one. `plan` is the
    image's own, None for one that is pulled; `moved`: its tag means another now."""
    now = image_id(observed.images, reference)
    built = plan is not None and plan.digest is None
    recorded = container.labels.get(labels.INPUTS)
    if plan is not None and built and recorded:
        # Built anew it may have another id: what it is made of is what counts.
        return _inputs_cause(container) if _others(recorded, plan) else None
    if built and moved:
        return _inputs_cause(container)
    if now is not None and now != container.image_id:
        return DriftCause(path="image", declared=short(now), found=short(container.image_id))
    return None


def _inputs_cause(container: Container) -> DriftCause:
    return DriftCause(path=INPUTS, declared="those of its tag", found=short(container.image_id))


def short(digest: str) -> str:
    """The first 12 digits, as `docker images` shows them."""
    return digest.removeprefix("sha256:")[:12]
