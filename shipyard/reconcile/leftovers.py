"""What an interrupted run left of a service's containers, and names that were changed by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipyard.compile import labels
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Cause, DriftCause, MendService, ReasonCause
from shipyard.model.record import Draft, field, replace

LEFT_OVER = r"([0-9a-f]{12})_(.+)"
"""Compose's name for the new container while it recreates one: the old id's first 12 digits, and the name."""
HELPER = "helper"
"""The role of a container that is never started and carries files into a volume."""


class Mending(Draft):
    """What is removed and renamed before anything else happens to a service, and what it has then.
    `earlier` are its containers under the name that it had; `promised` are names, by id, of what takes the
    place of a container that is gone."""

    service: str
    current: tuple[Container, ...]
    earlier: tuple[Container, ...] = ()
    promised: dict[str, str] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    rename: list[tuple[str, str]] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)

    def operation(self) -> MendService | None:
        if not self.causes:
            return None
        return MendService(
            address=f"service.{self.service}",
            causes=tuple(dict.fromkeys(self.causes)),
            remove=tuple(self.remove),
            rename=tuple(self.rename),
        )


def by_service(observed: Observed) -> dict[str, list[Container]]:
    """The containers of each service that has some, its one-offs too."""
    found: dict[str, list[Container]] = {}
    for one in observed.containers:
        found.setdefault(one.service, []).append(one)
    return found


def mending(
    deployment: str, found: Sequence[Container], earlier: tuple[Container, ...], service: str
) -> Mending:
    """Split off what an interrupted recreate left: removed while the original stands, else renamed to take
    its place, because it holds the anonymous volumes. A dead container cannot be started and goes too.
    `found` are the service's containers, `earlier` those of the name that it had."""
    containers = [one for one in found if not one.one_off]
    made = Mending(service=service, current=(), earlier=earlier)
    names = {one.name for one in containers}
    current: list[Container] = []
    for container in containers:
        # A project's own name may look like that as well.
        named = container.name == own_name(deployment, container)
        match = None if named else re.fullmatch(LEFT_OVER, container.name)
        if container.state == "dead":
            made.remove.append(container.id)
            made.causes.append(DriftCause(path="state", declared="running", found="dead"))
        elif match is None:
            current.append(container)
        else:
            text = f"an interrupted replace left {container.name} behind"
            made.causes.append(ReasonCause(reason="interrupted", text=text))
            original = any(one.id.startswith(match[1]) for one in containers if one is not container)
            if original or match[2] in names:
                made.remove.append(container.id)
            else:
                names.add(match[2])
                made.promised[container.id] = match[2]
                current.append(container)
    for one in found:
        if one.labels.get(labels.ROLE) == HELPER:
            made.remove.append(one.id)
            text = f"an interrupted run left {one.name}, which carried its secret files, behind"
            made.causes.append(ReasonCause(reason="interrupted", text=text))
    made.current = tuple(current)
    return made


def own_name(deployment: str, container: Container) -> str:
    """The name that Compose gives to a container of its service and number."""
    return f"{deployment}-{container.service}-{container.number}"


def give_names_back(deployment: str, mendings: Sequence[Mending], observed: Observed) -> None:
    """Rename what was renamed by hand, and what has half a name. Whoever of ours has such a name in the
    meantime gets out of the way, under a name of its own; a stranger's name is a problem and not taken."""
    names = {one.id: one.name for one in observed.containers}
    foreign = {one.name for one in observed.foreign}
    right = {one.id: own_name(deployment, one) for made in mendings for one in made.current if one.number}
    for made in mendings:
        right.update({one.id: own_name(deployment, one) for one in made.earlier if one.number})
        right = {**made.promised, **right}
    for made in mendings:
        for left in made.remove:
            del names[left]
        for container in (*made.current, *made.earlier):
            wanted, found = right.get(container.id, container.name), names[container.id]
            if wanted == found:
                continue
            holder = next((one for one, name in names.items() if name == wanted), container.id)
            rightful = holder != container.id and right.get(holder) == wanted
            if rightful and _of_another(deployment, found, mendings, made):
                # Two have its number: it goes on beside the other, and not in the way of a third.
                wanted, holder, rightful = f"{wanted}-{container.id[:12]}", container.id, False
            if wanted == found or wanted in foreign or rightful:
                continue
            if holder != container.id:
                names[holder] = f"{wanted}-{holder[:12]}"
                made.rename.append((holder, names[holder]))
            names[container.id] = wanted
            made.rename.append((container.id, wanted))
            if container.id not in made.promised:
                made.causes.append(DriftCause(path="name", declared=wanted, found=container.name))
        made.current = tuple(replace(one, name=names[one.id]) for one in made.current)


def _of_another(deployment: str, name: str, mendings: Sequence[Mending], made: Mending) -> bool:
    """Whether a container of another service is due to have a name."""
    return any(
        re.fullmatch(rf"{re.escape(deployment)}-{re.escape(one.service)}-[0-9]+", name)
        for one in mendings
        if one is not made
    )
