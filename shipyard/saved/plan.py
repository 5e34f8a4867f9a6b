"""A saved plan: the plan's own document, and the model that it was made from.

A digest over all of it tells a damaged or edited file. Secrets are names and keyed digests, as in the
plan itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shipyard
from shipyard.compile.desired import Builds
from shipyard.compile.spec import canonical
from shipyard.errors import ExitCode, ShipyardError
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.manifest import Manifest
from shipyard.model.plan import Plan
from shipyard.model.record import Record, replace
from shipyard.render.document import plan_document
from shipyard.saved.codec import (
    PLAN,
    SavedFileError,
    damaged,
    from_values,
    read_document,
    to_values,
    write_document,
)


class StalePlan(ShipyardError):
    """What a saved plan rests on has changed since."""

    exit_code = ExitCode.STALE_PLAN


class SavedPlan(Record):
    """`document` is the plan as `plan --format json` prints it; `manifest` and `builds` what it was
    compiled from, `targets` the services it was limited to; `secrets` the keyed digests it was made with,
    None for those that were not known; `git` the commit and tree of the source, when there is one."""

    document: Mapping[str, Any]
    manifest: Manifest
    builds: Builds
    targets: tuple[str, ...]
    secrets: Mapping[str, str | None]
    replaced: tuple[str, ...] = ()
    git: Mapping[str, str] | None = None

    @property
    def operations(self) -> dict[str, Mapping[str, Any]]:
        """The operations' documents by id."""
        return {operation["id"]: operation for operation in self.document["operations"]}

    @property
    def preconditions(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.document["preconditions"]
        return found

    @property
    def builds_images(self) -> bool:
        return any(operation["action"] == "build" for operation in self.document["operations"])


def write_plan(path: Path, plan: Plan, saved: SavedPlan) -> None:
    """Write a plan. Raises SavedFileError."""
    body: dict[str, Any] = {
        "kind": PLAN,
        **plan_document(plan),
        "needs_source": saved.builds_images,
        "git": saved.git,
        "model": {
            # Where the source stands is the business of the machine that applies it.
            "manifest": to_values(replace(saved.manifest, root=Path())),
            "builds": {name: [to_values(part) for part in build] for name, build in saved.builds.items()},
            "targets": list(saved.targets),
            "replaced": list(saved.replaced),
            "secrets": dict(saved.secrets),
        },
    }
    write_document(path, {**body, "checksum": _checksum(body)})


def read_plan(path: Path, root: Path) -> SavedPlan:
    """Read a plan; `root` is the folder whose files it would build from. Raises SavedFileError."""
    body = read_document(path, PLAN)
    checksum, where = body.pop("checksum", None), str(path)
    if body.get("shipyard") != shipyard.__version__:
        raise SavedFileError(
            f"the plan was made by Shipyard {body.get('shipyard')}, and this is {shipyard.__version__}",
            where=where,
            hint="plan again with this version",
        )
    if checksum != _checksum(body):
        raise damaged(where)
    try:
        saved = _parsed(body, root, where)
        _check(saved)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged(where) from None
    return saved


def _parsed(body: dict[str, Any], root: Path, where: str) -> SavedPlan:
    """What is not as it is written fails in some way."""
    model = body.pop("model")
    manifest = from_values(model["manifest"], Manifest, where)
    return SavedPlan(
        document=body,
        manifest=replace(manifest, root=root),
        builds={
            name: (from_values(detected, Detected, where), from_values(build, BuildPlan, where))
            for name, (detected, build) in model["builds"].items()
        },
        targets=tuple(model["targets"]),
        replaced=tuple(model["replaced"]),
        secrets=model["secrets"],
        git=body.get("git"),
    )


def _check(saved: SavedPlan) -> None:
    """What is read later on is there; otherwise this fails in some way."""
    addresses = {operation["address"] for operation in saved.operations.values()}
    services = {service.name for service in saved.manifest.services}
    named = {*saved.targets, *saved.replaced}
    _ = saved.builds_images, (saved.document["engine"] or {}).get("id"), saved.secrets.items()
    if not (addresses <= saved.preconditions.keys() and named <= services):
        raise ValueError


def _checksum(body: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(canonical(body).encode()).hexdigest()
