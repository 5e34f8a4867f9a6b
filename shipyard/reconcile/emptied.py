"""Data that is not what a before_deploy ran on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from shipyard.model.desired import Desired, JobSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Cause, ReasonCause
from shipyard.reconcile.moments import later
from shipyard.reconcile.resources import lost_data


def emptied_causes(
    job: JobSpec, ran: list[Container], desired: Desired, observed: Observed
) -> tuple[Cause, ...]:
    """Volumes of what its service needs, directly or not, that were made after all that `ran`, or are made
    by this plan: a database in one is empty."""
    made = {volume.name: volume.created for volume in observed.volumes}
    keys = {volume.name: volume.key for volume in desired.volumes}
    started = [one.started_at for one in ran if one.state == "exited"]
    causes = []
    reason: Literal["missing", "dependency"]
    for service, name in _data(job, desired):
        if name not in keys:
            continue
        if name not in made:
            volume = next(one for one in desired.volumes if one.name == name)
            reason = "missing" if lost_data(volume, desired, observed) else "dependency"
            told = "starts empty"
        elif started and all(later(made[name], moment) for moment in started):
            reason, told = "missing", "was made anew since it ran"
        else:
            continue
        causes.append(ReasonCause(reason=reason, text=f"{keys[name]} of {service} {told}"))
    return tuple(causes)


def _data(job: JobSpec, desired: Desired) -> Iterator[tuple[str, str]]:
    """The volumes of what a service needs, each with who has it; its own hold nothing that it migrates."""
    by_name = {spec.name: spec for spec in desired.services}
    seen: set[str] = {job.service}
    pending = list(by_name[job.service].needs) if job.service in by_name else []
    while pending:
        name = pending.pop(0)
        if name in seen or name not in by_name:
            continue
        seen.add(name)
        pending += by_name[name].needs
        for mount in by_name[name].volumes:
            if mount.kind == "volume" and mount.source:
                yield name, mount.source
