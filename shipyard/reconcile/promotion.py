"""The images that one stage runs, for another stage to run the same: nothing is built again."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.compile.desired import Builds
from shipyard.compile.inputs import inputs_label
from shipyard.compile.references import familiar, without_digest
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.build import BuildPlan
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import FieldCause, FilesCause
from shipyard.reconcile.diff import inputs_causes


class PromotionRefused(ShipyardError):
    """What a stage runs cannot be taken over as it is."""


def running_digests(
    builds: Builds, source: Builds, observed: Observed, stages: tuple[str, str]
) -> dict[str, str | None]:
    """The digest of each image of `builds` that the source stage runs, by the service that owns it; None for
    one that was never pulled by a digest. `source` and `observed` are of the first of the `stages`, `builds`
    of the second.

    Raises PromotionRefused, for several images an ErrorGroup of these.
    """
    digests: dict[str, str | None] = {}
    refused: list[PromotionRefused] = []
    for owner, (_, plan) in builds.items():
        found = source.get(owner)
        running = [one for one in observed.containers if one.service == owner and not one.one_off]
        why = _refusal(owner, plan, found[1] if found else None, running, stages)
        if why is not None:
            refused.append(why)
        else:
            digests[owner] = running[0].image.partition("@")[2] or None
    if refused:
        raise refused[0] if len(refused) == 1 else ErrorGroup(tuple(refused))
    return digests


def _refusal(
    owner: str,
    plan: BuildPlan,
    made: BuildPlan | None,
    running: list[Container],
    stages: tuple[str, str],
) -> PromotionRefused | None:
    """`made` is the plan by which the source stage builds the same service."""
    here, there = stages
    where = f"services.{owner}"
    if made is None or not running:
        return PromotionRefused(
            f"stage {here} runs no {owner}", where=where, hint=f"shipyard apply --stage {here}"
        )
    if made.repository != plan.repository:
        return PromotionRefused(
            f"stage {there} has its images in {plan.repository}, and {here} in {made.repository}",
            where=where,
            hint="give both stages one registry",
        )
    if made.tag != plan.tag:
        return PromotionRefused(
            f"stage {there} builds {owner} otherwise than {here}",
            where=where,
            details=_differences(inputs_label(made), plan),
            hint="let only env, secrets, resources and what else builds nothing differ between them",
        )
    others = [one for one in running if _tagged(one) != familiar(made.tagged)]
    if others:
        return PromotionRefused(
            f"what {here} runs of {owner} is not of this source",
            where=where,
            details=_differences(others[0].labels.get(labels.INPUTS), made),
            hint=f"check out the commit that {here} runs, or apply this one to it first",
        )
    if len({one.image for one in running}) > 1:
        return PromotionRefused(
            f"{here} is in the middle of a change of {owner}",
            where=where,
            hint=f"shipyard apply --stage {here}",
        )
    if broken := [one for one in running if _trouble(one)]:
        return PromotionRefused(
            f"{broken[0].name} is {_trouble(broken[0])}: it is not taken further",
            where=where,
            hint=f"shipyard doctor --stage {here}",
        )
    return None


def _trouble(container: Container) -> str:
    """The engine's word for a container that does not work, "" for one that does."""
    if container.edited:
        return "edited by `shipyard dev`"
    if container.state == "exited" and container.exit_code == 0 and container.restart == "no":
        return ""  # a one-shot that has done what it is for
    if container.state != "running":
        return container.state
    return container.health if container.health in ("starting", "unhealthy") else ""


def _tagged(container: Container) -> str:
    return familiar(without_digest(container.image).partition("@")[0])


def _differences(label: str | None, plan: BuildPlan) -> tuple[str, ...]:
    lines = []
    for cause in inputs_causes(label, plan.facts, plan.files):
        match cause:
            case FilesCause():
                changed = sorted((*cause.changed, *cause.added, *cause.removed))
                lines.append(f"differs: {', '.join(changed[:5])}" + (", ..." if len(changed) > 5 else ""))
            case FieldCause():
                lines.append(f"differs: {cause.path}")
    return tuple(lines)
