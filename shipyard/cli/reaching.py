"""Whether the registries answer that a stage needs: its own, and those of images that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipyard.diagnosis.machine import Check, Verdict
from shipyard.engine.refusals import registry_of

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.engine.registry_objects import Answer


def registry_checks(seen: Observation) -> Iterator[Check]:
    """The engine asks them: it is the one that pulls and pushes."""
    from shipyard.engine.registry_objects import RegistryObjects

    objects = RegistryObjects(seen.connection)
    try:
        if seen.desired.manifest.registry and seen.desired.images:
            yield _own(seen.desired.images[0].tagged, objects.ask(seen.desired.images[0].tagged))
        for reference in _pulled(seen):
            if not objects.has_image(reference):
                yield _source(reference, objects.ask(reference))
    finally:
        objects.close()


def _pulled(seen: Observation) -> tuple[str, ...]:
    """Images that nothing here makes: those of services, and what the next builds begin with."""
    from shipyard.reconcile.moved import unbuilt

    made = {plan.reference for plan in seen.desired.images if plan.digest is None}
    found = [spec.image for spec in seen.desired.services if spec.image not in made]
    for plan in unbuilt(seen.desired.images, seen.observed):
        found += [base for base in (plan.base, plan.node) if base is not None]
    return tuple(dict.fromkeys(found))


def _own(image: str, answer: Answer) -> Check:
    """Where `build --push` pushes to: an image that is not there yet may be pushed."""
    host = registry_of(image)
    if answer.verdict in ("there", "absent"):
        return Check(subject=f"registry {host}", verdict="ok", text="answers the engine")
    if answer.verdict == "refused":
        # Some refuse to tell of what is not there yet, whoever asks.
        verdict: Verdict = "warning"
        said = "shows the engine nothing"
    else:
        verdict, said = "failure", "does not answer the engine"
    return Check(subject=f"registry {host}", verdict=verdict, text=f"{said}: {answer.said}", hint=answer.hint)


def _source(image: str, answer: Answer) -> Check:
    if answer.verdict == "there":
        return Check(
            subject=f"image {image}", verdict="ok", text=f"not here yet; {registry_of(image)} has it"
        )
    return Check(
        subject=f"image {image}",
        verdict="failure",
        text=f"is not on the engine, and cannot be pulled: {answer.said}",
        hint=answer.hint,
    )
