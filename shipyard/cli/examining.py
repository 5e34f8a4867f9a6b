"""What runs of a deployment, examined: containers, last jobs, who may write into volumes, who hears."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from shipyard.diagnosis.container import diagnose
from shipyard.diagnosis.findings import Finding
from shipyard.diagnosis.machine import Check
from shipyard.diagnosis.server import misheard
from shipyard.diagnosis.storage import may_write, user_of
from shipyard.engine.objects import Objects
from shipyard.engine.secret_values import of_stage
from shipyard.engine.stored_volumes import stored_folder
from shipyard.reconcile.remarks import trouble_of
from shipyard.reconcile.repairs import is_down
from shipyard.targets.compose.health import explain_exit, symptoms

if TYPE_CHECKING:
    from shipyard.cli.project import Observation
    from shipyard.diagnosis.findings import Symptoms
    from shipyard.model.desired import ServiceSpec
    from shipyard.model.observed import Container


def running_checks(seen: Observation) -> Iterator[Check]:
    """In the order of needs."""
    objects = Objects(seen.connection)
    names = tuple(one.name for one in seen.desired.services)
    try:
        for spec in seen.desired.services:
            own = [one for one in seen.observed.containers if one.service == spec.name]
            jobs = [one for one in own if one.job is not None]
            # What an earlier one came to is of no interest any more.
            last = max(jobs, key=lambda one: one.started_at, default=None)
            if last is not None and last.state == "exited" and last.exit_code != 0:
                yield _failed_job(last, spec, names, objects)
            found = [one for one in own if not one.one_off]
            for one in found:
                yield from _container(one, spec, names, objects)
            if found:
                yield from _volumes(found[0], spec, objects, of_stage(seen.desired.manifest))
            else:
                yield Check(
                    subject=f"services.{spec.name}",
                    verdict="warning",
                    text="is not deployed",
                    hint=f"`shipyard apply{of_stage(seen.desired.manifest)}` deploys it",
                )
    finally:
        objects.close()


def unheard(seen: Observation, services: Collection[str]) -> Iterator[tuple[str, Finding]]:
    """Of containers of these services that are well and that nobody reaches: name, and why."""
    objects = Objects(seen.connection)
    names = tuple(one.name for one in seen.desired.services)
    try:
        for one in seen.observed.containers:
            if one.service not in services or one.one_off:
                continue
            spec = seen.desired.service(one.service)
            said = _symptoms(one, spec, names, objects) if _asked(spec) else None
            for cause in misheard(said) if said is not None else ():
                yield one.name, cause
    finally:
        objects.close()


def _asked(spec: ServiceSpec) -> bool:
    """Whether it is there for others to ask."""
    return spec.built is not None or bool(spec.publish)


def _symptoms(one: Container, spec: ServiceSpec, names: tuple[str, ...], objects: Objects) -> Symptoms | None:
    inspected = objects.inspect(one.id)
    return symptoms(objects, inspected, spec, names) if inspected else None


def _container(
    one: Container, spec: ServiceSpec, names: tuple[str, ...], objects: Objects
) -> Iterator[Check]:
    if one.state == "paused":
        hint = f"`shipyard start {spec.name}` lets it go on"
        yield Check(subject=one.name, verdict="failure", text="is paused", hint=hint)
        return
    said = _symptoms(one, spec, names, objects)
    trouble = trouble_of(one)
    if is_down(spec, one):
        exited = one.state == "exited" and not (said is not None and said.stopped)
        trouble = explain_exit(one.exit_code) if exited else trouble or f"is {one.state}"
    if trouble:
        causes = diagnose(said) if said else ()
        if said is not None and said.probe and trouble == "is unhealthy":
            trouble += f": its check says {said.verdict}"
        hint = "; or ".join(cause.hint for cause in causes)
        yield Check(
            subject=one.name,
            verdict="failure",
            text="; ".join((trouble, *(cause.cause for cause in causes))),
            hint=hint or f"`shipyard logs {spec.name}` may tell why",
        )
        return
    well = ", ".join(filter(None, (one.state, one.health)))
    yield Check(subject=one.name, verdict="ok", text=well)
    for cause in misheard(said) if said and _asked(spec) else ():
        # What is published is meant to be reached.
        yield Check(
            subject=one.name,
            verdict="failure" if spec.publish else "warning",
            text=cause.cause,
            hint=cause.hint,
        )


def _volumes(one: Container, spec: ServiceSpec, objects: Objects, stage: str) -> Iterator[Check]:
    for mount in spec.volumes:
        if mount.kind != "volume" or mount.read_only or mount.source not in one.volumes:
            continue
        folder = stored_folder(objects, one.id, mount.target)
        if folder is not None and not may_write(user_of(spec), folder):
            owner = ":".join(map(str, folder.owner))
            yield Check(
                subject=f"volume {mount.source}",
                verdict="failure",
                text=f"belongs to {owner}, and {spec.name}, which is {user_of(spec)}, may not write into it",
                hint=f"`shipyard volumes mend {mount.source}{stage}` gives it to its user",
            )


def _failed_job(record: Container, spec: ServiceSpec, names: tuple[str, ...], objects: Objects) -> Check:
    """The last run of a before_deploy, which did not succeed."""
    inspected = objects.inspect(record.id)
    causes = diagnose(symptoms(objects, inspected, spec, names)) if inspected else ()
    told = (f"before_deploy failed, {explain_exit(record.exit_code)}", *(cause.cause for cause in causes))
    hint = "; or ".join(cause.hint for cause in causes)
    return Check(
        subject=f"job.{spec.name}",
        verdict="failure",
        text="; ".join(told),
        hint=hint or f"`docker logs {record.name}` tells what it said",
    )
