"""Celery beat: two of it send every task twice, so there is never more than one."""

from __future__ import annotations

import posixpath
import shlex

from shipyard.manifest.errors import Problems
from shipyard.model.manifest import Service

FRAMEWORK = "celery-beat"
BEAT = "Celery beat"
HINT = "remove replicas; workers are what there can be more of"


def too_many(replicas: int, what: str) -> str:
    return f"{replicas} replicas of {what} would send every scheduled task {replicas} times"


def check_scheduler(service: Service, problems: Problems) -> None:
    what = _what(service)
    if what is None:
        return
    if service.replicas > 1:
        problems.add(
            ("services", service.name, "replicas"),
            too_many(service.replicas, what),
            HINT,
        )
    if service.rollout == "start-first":
        problems.add(
            ("services", service.name, "rollout"),
            f"start-first would run two of {what} for a while, and send tasks twice",
            'remove rollout, or say "stop-first"',
        )


def _what(service: Service) -> str | None:
    """What makes a service a scheduler, None when it is none."""
    if service.framework == FRAMEWORK and service.command is None:
        return BEAT
    return scheduler_in(service.command or ())


def scheduler_in(words: tuple[str, ...]) -> str | None:
    """What in a command is a scheduler, None where it is none."""
    if words[:2] == ("/bin/sh", "-c") and len(words) == 3:
        try:
            words = tuple(shlex.split(words[2]))
        except ValueError:
            return None
    at = next((index for index, word in enumerate(words) if posixpath.basename(word) == "celery"), None)
    if at is None:
        return None
    rest = words[at + 1 :]
    if "beat" in rest and "worker" not in rest:
        return BEAT
    if "worker" in rest and {"-B", "--beat"} & set(rest):
        return "a worker with Celery beat in it (-B)"
    return None
