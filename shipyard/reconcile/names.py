"""The names that new containers will get."""

from __future__ import annotations

import hashlib

from shipyard.compile.spec import job_text
from shipyard.model.desired import JobSpec
from shipyard.model.plan import CreateService, ReplaceService, ScaleService
from shipyard.reconcile.replacing import recreates
from shipyard.reconcile.services import ServiceDraft


def made_names(deployment: str, draft: ServiceDraft, stopped: frozenset[str]) -> frozenset[str]:
    """The names of the containers that a service's operations make; `stopped` are ids of those that this
    plan stops before. Compose counts on from the highest number that is there; a single one that it
    recreates keeps its own."""
    count = _Count({one.id: one.number for one in draft.current})
    running = {one.id for one in draft.current if one.state in ("running", "restarting", "paused")} - stopped
    for operation in draft.main:
        match operation:
            case CreateService():
                count.make(operation.replicas)
            case ScaleService():
                count.drop(*operation.removed)
                count.make(max(0, operation.replicas[1] - operation.replicas[0]))
            case ReplaceService(was=str()):
                count.make(operation.replicas[1])
            case ReplaceService() if not recreates(operation):
                # What does not run goes before anything is made.
                down = [one for one in operation.containers if one not in running]
                count.drop(*down)
                if operation.strategy == "start-first":
                    count.make(len(operation.containers))
                    continue
                count.make(len(down))
                for gone in operation.containers:
                    if gone in running:
                        count.drop(gone)
                        count.make(1)
            case _:
                pass
    return frozenset(f"{deployment}-{draft.spec.name}-{number}" for number in count.made)


def job_name(deployment: str, job: JobSpec) -> str:
    """The name of the container of a before_deploy run: one for one command over one state of its service."""
    suffix = hashlib.sha256(job_text(job).encode()).hexdigest()[:8]
    return f"{deployment}-{job.service}-before-deploy-{suffix}"


class _Count:
    """Numbers by container, and those that are new."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self.numbers = numbers
        self.made: set[int] = set()

    def make(self, count: int) -> None:
        for _ in range(count):
            number = max(self.numbers.values(), default=0) + 1
            self.numbers[f"new {number}"] = number
            self.made.add(number)

    def drop(self, *gone: str) -> None:
        for one in gone:
            del self.numbers[one]
