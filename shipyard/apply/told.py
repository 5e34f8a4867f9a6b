"""What is told of a failure beside the error: its cause, and what it means to those who are served."""

from __future__ import annotations

from shipyard.diagnosis.container import diagnose
from shipyard.diagnosis.findings import Symptoms
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.plan import Operation, ReplaceService, RunJob
from shipyard.targets.compose.health import Unhealthy


def tell_cause(error: BaseException, operation: Operation, desired: Desired) -> None:
    """Tell the cause with an error that has not been looked at yet: of Compose, the engine or a job."""
    spec = next((one for one in desired.services if one.name == operation.name), None)
    if not isinstance(error, ShipyardError) or isinstance(error, Unhealthy) or spec is None:
        return
    if not operation.address.startswith(("service.", "job.")):
        return
    said = tuple(line.removeprefix("| ") for line in error.details)
    names = tuple(one.name for one in desired.services)
    job = operation.command if isinstance(operation, RunJob) else ()
    seen = Symptoms(spec=spec, state="created", error=error.title, log=said, services=names, job=job)
    if found := diagnose(seen):
        error.details += tuple(f"why: {finding.cause}" for finding in found)
        error.hint = "; or ".join(finding.hint for finding in found)
        if job:
            error.hint += "; the service was not touched"


def aftermath(operation: Operation, error: BaseException) -> tuple[str, ...]:
    """What a failure means to those whom the service serves, and what it leaves at work."""
    if isinstance(operation, RunJob) and isinstance(error, KeyboardInterrupt):
        told = "its command may still run: the next plan tells, and the next apply waits for it"
        return (f"{operation.name}: {told}",)
    if not isinstance(operation, ReplaceService) or not isinstance(error, Unhealthy):
        return ()
    if operation.strategy != "stop-first" or operation.replicas != (1, 1):
        return ()
    return (
        f"{operation.name}: it does not serve now: the container before had to stop first. To go back, take "
        "the change back and apply: the image that it ran is still here",
    )
