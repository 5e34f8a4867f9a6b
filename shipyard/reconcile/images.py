"""Images to build or pull, and before_deploy commands to run."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.known_images import split_reference
from shipyard.compile.references import image_id
from shipyard.compile.spec import in_format
from shipyard.model.desired import Desired, JobSpec, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import (
    BuildImage,
    Cause,
    DriftCause,
    ImageCause,
    Operation,
    PullImage,
    ReasonCause,
    RemoveRecords,
    RunJob,
)
from shipyard.model.record import Record
from shipyard.reconcile.diff import document_causes, inputs_causes, same_document
from shipyard.reconcile.emptied import emptied_causes
from shipyard.reconcile.moved import short, tag_cause
from shipyard.reconcile.names import job_name
from shipyard.reconcile.renamed import earlier_containers
from shipyard.reconcile.scale import RECORD


def images(desired: Desired, observed: Observed, wanted: set[str], moved: frozenset[str]) -> list[Operation]:
    """What of `wanted` references has to be made, and each whose tag was `moved`, whoever runs from it."""
    made: list[Operation] = []
    built = {plan.reference for plan in desired.images if plan.digest is None}
    for plan in desired.images:
        if plan.reference in moved:
            causes: tuple[Cause, ...] = (tag_cause(plan, observed),)
            made.append(BuildImage(address=f"image.{plan.service}", causes=causes, reference=plan.reference))
            continue
        if plan.reference not in wanted & built or image_id(observed.images, plan.reference) is not None:
            continue
        users = {spec.name: spec for spec in desired.services if spec.built == plan.service}
        running = _running(users, observed)
        recorded = running.labels.get(labels.INPUTS) if running else None
        causes = inputs_causes(recorded, plan.facts, plan.files)
        if not causes:
            causes = (_reason(recorded, running, users),)
        made.append(BuildImage(address=f"image.{plan.service}", causes=causes, reference=plan.reference))
    pulled = sorted({spec.image for spec in desired.services if spec.image in wanted - built})
    for reference in pulled:
        if image_id(observed.images, reference) is None:
            cause = ReasonCause(reason="missing", text="not on the engine")
            user = next(spec.name for spec in desired.services if spec.image == reference)
            made.append(PullImage(address=f"image.{user}", causes=(cause,), reference=reference))
    return made


def _running(users: Mapping[str, ServiceSpec], observed: Observed) -> Container | None:
    """A container of the image's earlier version, under the services' names or those that they had."""
    names = {*users, *(spec.was for spec in users.values() if spec.was)}
    return next(
        (one for one in observed.containers if one.service in names and labels.INPUTS in one.labels), None
    )


def _reason(recorded: str | None, running: Container | None, users: Mapping[str, ServiceSpec]) -> ReasonCause:
    if recorded is None or running is None:
        return ReasonCause(reason="new", text="no image of it yet")
    if running.service not in users:
        return ReasonCause(reason="renamed", text=f"was {running.service}")
    return ReasonCause(reason="missing", text="its image is gone from the engine")


class Jobs(Record):
    """Commands to run, by service; by service the records of its earlier name that stay good; records that
    say nothing any more; and the ids of runs that are waited for, of which one may be the record then."""

    runs: Mapping[str, RunJob]
    carried: Mapping[str, tuple[str, ...]]
    spent: tuple[RemoveRecords, ...]
    awaited: frozenset[str]


def jobs(desired: Desired, observed: Observed) -> Jobs:
    runs: dict[str, RunJob] = {}
    carried: dict[str, tuple[str, ...]] = {}
    good_ones: set[str] = set()
    awaited: set[str] = set()
    for job in desired.jobs:
        spec = next((one for one in desired.services if one.name == job.service), None)
        was = spec.was if spec is not None else None
        # One whose label is damaged is known by its name, which the run takes.
        name = job_name(desired.deployment, job)
        records = [
            one
            for one in observed.containers
            if one.service in (job.service, was) and (one.job or (one.one_off and one.name == name))
        ]
        done = [one for one in records if _succeeded(one)]
        renamed = spec is not None and earlier_containers(spec, observed)
        # Without a container that is replaced nobody would carry the record over.
        good = [one for one in done if _same(job, one, was) and (renamed or one.service == job.service)]
        again = (*_moved(spec, good, observed), *emptied_causes(job, good, desired, observed)) if good else ()
        good, outlived = ([], good) if again else (good, [])
        good_ones.update(one.id for one in good)
        if not good:
            runs[job.service] = RunJob(
                address=f"job.{job.service}",
                causes=again or _causes(job, done, records, was),
                command=job.command,
                records=tuple(one.id for one in records),
                outlived=tuple(one.id for one in outlived),
            )
            awaited.update(
                one.id
                for one in records
                if one.state == "running" and one.service == job.service and _same(job, one, None)
            )
        elif all(one.service == was for one in good):
            carried[job.service] = tuple(one.id for one in good)
    spent = [
        one
        for spec in desired.services
        if spec.name not in runs and (one := _spent(spec.name, desired, observed, good_ones)) is not None
    ]
    return Jobs(runs=runs, carried=carried, spent=tuple(spent), awaited=frozenset(awaited))


def _spent(service: str, desired: Desired, observed: Observed, good: set[str]) -> RemoveRecords | None:
    """Only the last success is a record: an earlier one would keep its command from running again. What
    still runs is left to its end."""
    left = tuple(
        one.id
        for one in observed.containers
        if one.service == service and one.job is not None and one.id not in good and one.state != "running"
    )
    if not left:
        return None
    declared = any(job.service == service for job in desired.jobs)
    cause = ReasonCause(reason="removed", text="no longer declared")
    if declared:
        cause = ReasonCause(
            reason="interrupted", text="left over: a run that succeeded covers what is declared"
        )
    return RemoveRecords(address=f"job.{service}", causes=(cause,), containers=left)


def _succeeded(record: Container) -> bool:
    """It ended well, or stands for one that did under the service's earlier name."""
    if record.state == "created":
        return record.labels.get(labels.ROLE) == RECORD
    return record.state == "exited" and record.exit_code == 0


def _moved(spec: ServiceSpec | None, ran: list[Container], observed: Observed) -> tuple[Cause, ...]:
    """The tag of an image that is not built here means another than all `ran` in: pulled or tagged by hand,
    it is a release as well."""
    now = image_id(observed.images, spec.image) if spec is not None and spec.built is None else None
    then = [one.image_id for one in ran if one.state == "exited"]
    if now is None or not then or now in then:
        return ()
    return (DriftCause(path="image", declared=short(now), found=short(then[-1])),)


def _last(job: JobSpec, record: Container, was: str | None) -> Mapping[str, object]:
    """What was recorded; under another name of the service the same inputs are the same image."""
    last = record.job or {}
    before, after = str(last.get("image")), str(job.document.get("image"))
    if record.service == was and _inputs(before) is not None and _inputs(before) == _inputs(after):
        return {**last, "image": after}
    return last


def _inputs(image: str) -> str | None:
    tag = split_reference(image)[1]
    return tag if tag.startswith("in-") else None


def _same(job: JobSpec, record: Container, was: str | None) -> bool:
    last = _last(job, record, was)
    declared = in_format(job.document, last)
    return declared is None or same_document(last, declared)


def _causes(
    job: JobSpec, done: list[Container], records: list[Container], was: str | None
) -> tuple[Cause, ...]:
    if done:
        last = _last(job, done[-1], was)
        declared = in_format(job.document, last) or {}
        causes: tuple[Cause, ...] = document_causes(last, declared)
        if last.get("image") != declared.get("image"):
            causes = (ImageCause(by=None), *causes)
        return causes
    if any(one.state == "running" for one in records):
        return (ReasonCause(reason="missing", text="the last run has not ended yet"),)
    if records:
        return (ReasonCause(reason="missing", text="the last run did not succeed"),)
    return (ReasonCause(reason="first-run", text="has not run yet"),)
