"""Services beside the one that serves: a Procfile's processes, a Celery worker and its scheduler."""

from __future__ import annotations

import ast

from shipyard.compile.detect import Detection
from shipyard.compile.procfile import PROCFILE, Process, processes
from shipyard.errors import ShipyardError
from shipyard.frameworks.celery import Celery
from shipyard.frameworks.modules import Module, modules
from shipyard.frameworks.syntax import dotted
from shipyard.manifest.scheduler import BEAT, scheduler_in
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

RELEASE = "release"
Services = dict[str, dict[str, object]]
_SCHEDULES = ("beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE")
_STORE = {"-s", "-S", "--schedule", "--scheduler"}
_PERIODIC = "add_periodic_task"


def beside(tree: SourceTree, found: Detection, owner: str) -> Services:
    """What runs in the image of `owner`, by name: the Procfile's processes, else workers that are found."""
    there = [one for one in processes(tree, ".") if one.name not in (owner, RELEASE)]
    if there:
        celery = _has_celery(tree, found)
        return {_name(one.name): {"like": owner, **_started(one, celery)} for one in there}
    if found.detected.role != "web" or not _has_celery(tree, found):
        return {}
    made: Services = {"worker": {"like": owner, "framework": "celery"}}
    scheduled = found.dependencies.get("django-celery-beat") is not None
    if scheduled or any(map(_schedules, modules(tree, ".", *_SCHEDULES, _PERIODIC))):
        made["beat"] = {"like": owner, "framework": "celery-beat"}
    return made


def release(tree: SourceTree) -> str | None:
    """What the Procfile runs before each release."""
    return next((one.text for one in processes(tree, ".") if one.name == RELEASE), None)


def own_command(tree: SourceTree, found: Detection, owner: str) -> tuple[dict[str, object], tuple[str, ...]]:
    """(keys, notes) of the Procfile's process of the owner's name: used where no framework is known."""
    entry = next((one for one in processes(tree, ".") if one.name == owner), None)
    if entry is None:
        return {}, ()
    if found.application is None:
        return _command(entry), ()
    return {}, (
        f"{PROCFILE} starts {owner} by `{entry.text}`: Shipyard starts {found.detected.framework} itself",
    )


def _started(one: Process, celery: bool) -> dict[str, object]:
    """Celery beat with no store of its own would write into the image."""
    options = {word.partition("=")[0] for word in one.command}
    if celery and scheduler_in(one.command) == BEAT and not _STORE & options:
        return {"framework": "celery-beat"}
    return _command(one)


def _command(entry: Process) -> dict[str, object]:
    if not entry.wants_port:
        return {"command": entry.text}
    return {"command": entry.text, "port": 8000, "env": {"PORT": "8000"}}


def _name(name: str) -> str:
    return name.lower().strip("-_")


def _has_celery(tree: SourceTree, found: Detection) -> bool:
    try:
        service = Service(name="worker", path=".")
        return Celery().find(tree, ".", found.dependencies, service) is not None
    except ShipyardError:
        return False


def _schedules(module: Module) -> bool:
    """Whether a module sets a schedule for beat."""
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(dotted(one).rpartition(".")[2] in _SCHEDULES for one in targets):
                return True
        elif isinstance(node, ast.Call) and dotted(node.func).endswith(f".{_PERIODIC}"):
            return True
    return False
