"""Images to build or pull, and before_deploy commands to run."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.compile.references import image_id
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import BuildImage, Cause, ImageCause, Operation, PullImage, ReasonCause, RunJob
from shipyard.reconcile.diff import document_causes, inputs_causes, same_document


def images(desired: Desired, observed: Observed, wanted: set[str]) -> list[Operation]:
    made: list[Operation] = []
    built = {plan.reference for plan in desired.images if plan.digest is None}
    for plan in desired.images:
        if plan.reference not in wanted & built or image_id(observed.images, plan.reference) is not None:
            continue
        users = {spec.name for spec in desired.services if spec.built == plan.service}
        recorded = next(
            (one.labels.get(labels.INPUTS) for one in observed.containers if one.service in users), None
        )
        causes: tuple[Cause, ...] = inputs_causes(recorded, plan.facts, plan.files)
        if not causes:
            text = "no image of it yet" if recorded is None else "its image is gone from the engine"
            causes = (ReasonCause(reason="new" if recorded is None else "missing", text=text),)
        made.append(BuildImage(address=f"image.{plan.service}", causes=causes, reference=plan.reference))
    pulled = sorted({spec.image for spec in desired.services if spec.image in wanted - built})
    for reference in pulled:
        if image_id(observed.images, reference) is None:
            cause = ReasonCause(reason="missing", text="not on the engine")
            user = next(spec.name for spec in desired.services if spec.image == reference)
            made.append(PullImage(address=f"image.{user}", causes=(cause,), reference=reference))
    return made


def jobs(desired: Desired, observed: Observed) -> list[RunJob]:
    made = []
    for job in desired.jobs:
        records = [one for one in observed.containers if one.service == job.service and one.job is not None]
        done = [one for one in records if one.state == "exited" and one.exit_code == 0]
        if any(same_document(one.job, job.document) for one in done):
            continue
        causes: tuple[Cause, ...] = (ReasonCause(reason="first-run", text="has not run yet"),)
        if done and done[-1].job is not None:
            last = done[-1].job
            causes = document_causes(last, dict(job.document))
            if last.get("image") != job.document.get("image"):
                causes = (ImageCause(by=None), *causes)
        elif records:
            causes = (ReasonCause(reason="missing", text="the last run did not succeed"),)
        made.append(
            RunJob(
                address=f"job.{job.service}",
                causes=causes,
                command=job.command,
                records=tuple(one.id for one in records),
            )
        )
    return made
