"""The plan as JSON: the contract for scripts, schemas/plan.schema.json."""

from __future__ import annotations

import hashlib
import json

import shipyard
from shipyard.compile.spec import canonical
from shipyard.model.plan import (
    BuildImage,
    Cause,
    CreateService,
    ImageCause,
    Operation,
    Plan,
    PullImage,
    ReplaceService,
    RunJob,
    ScaleService,
)
from shipyard.model.record import asdict
from shipyard.render.printable import printable

FORMAT = 1


def plan_document(plan: Plan) -> dict[str, object]:
    """The plan as JSON values; no secret value can be in it, because none is in the plan."""
    summary: dict[str, int] = {}
    for operation in plan.operations:
        summary[operation.action] = summary.get(operation.action, 0) + 1
    summary["unchanged"] = len(plan.unchanged)
    document: dict[str, object] = {
        "format": FORMAT,
        "shipyard": shipyard.__version__,
        "project": plan.project,
        "stage": plan.stage,
        "engine": {"id": plan.engine.id, "version": plan.engine.version} if plan.engine else None,
        "summary": summary,
        "operations": [_operation(operation) for operation in plan.operations],
        "not_compared": list(plan.not_compared),
        "unchanged": list(plan.unchanged),
        "attention": [{"address": address, "text": text} for address, text in plan.attention],
        "feels": [{"address": address, "text": text} for address, text in plan.feels],
        "problems": [asdict(problem) for problem in plan.problems],
        "notes": list(plan.notes),
        "secret_sources": dict(plan.secret_sources),
        "preconditions": dict(plan.preconditions),
    }
    if plan.instance:
        document["instance"] = plan.instance
    document["digest"] = "sha256:" + hashlib.sha256(canonical(document).encode()).hexdigest()
    return document


def plan_json(plan: Plan) -> str:
    return json_text(plan_document(plan), indent=2)


def json_text(document: object, indent: int | None = None) -> str:
    """JSON that a terminal can show too: what it would obey or hide is escaped."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return "\n".join(printable(line) for line in text.split("\n")) + "\n"


def _operation(operation: Operation) -> dict[str, object]:
    document: dict[str, object] = {
        "id": operation.id,
        "address": operation.address,
        "action": operation.action,
        "after": list(operation.after),
        "causes": [_cause(cause) for cause in operation.causes],
        "destructive": operation.destructive,
    }
    match operation:
        case ReplaceService():
            document["replicas"] = list(operation.replicas)
            document["strategy"] = operation.strategy
            document["interruption"] = asdict(operation.interruption)
        case ScaleService():
            document["replicas"] = list(operation.replicas)
        case CreateService():
            document["replicas"] = [0, operation.replicas]
            document["publish"] = list(operation.publish)
        case BuildImage() | PullImage():
            document["reference"] = operation.reference
        case RunJob():
            document["command"] = list(operation.command)
        case _:
            pass
    return document


def _cause(cause: Cause) -> dict[str, object]:
    fields = asdict(cause)
    if isinstance(cause, ImageCause):
        fields = {key: value for key, value in fields.items() if value is not None}
    return {"kind": cause.kind, **fields}
