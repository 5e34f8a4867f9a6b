"""`shipyard lock`: write down which images the tags mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.options import Folder, Stage
from shipyard.errors import ErrorGroup, ShipyardError, UsageError

if TYPE_CHECKING:
    from shipyard.engine.registry_objects import RegistryObjects


class LockIncomplete(ShipyardError):
    """shipyard.lock does not have what the manifest names, or has more."""


def lock(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing and ask nobody; fail where it is not complete.")
    ] = False,
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Take what all the tags mean now.")] = False,
    stage: Stage = None,
    folder: Folder = Path(),
) -> None:
    """Write shipyard.lock: the digest of every base and service image, which builds and plans then use.

    The engine asks the registries. Without --upgrade, what is locked stays, and what is missing is added.
    All stages are looked at, or one with --stage.

    Example: shipyard lock --upgrade
    """
    from shipyard.engine.connect import connect
    from shipyard.manifest import find_root
    from shipyard.manifest.locked import LOCK, lock_text, read_lock

    if check and upgrade:
        raise UsageError("--check writes nothing, and --upgrade asks to")
    root = find_root(folder.absolute())
    before = read_lock(root)
    wanted, engine = _wanted(root, stage)
    # Another stage's images are none of this call's business.
    kept = before if stage else {name: digest for name, digest in before.items() if name in wanted}
    if check:
        _check(wanted, before, kept)
        print(f"{LOCK} has all {len(wanted)} images")
        return
    asked = sorted(wanted if upgrade else wanted - before.keys())
    after = dict(kept)
    if asked:
        with connect(engine, os.environ) as connection:
            from shipyard.engine.registry_objects import RegistryObjects

            after |= registry_digests(RegistryObjects(connection), asked)
    if after != before:
        (root / LOCK).write_text(lock_text(after), encoding="utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in _told(before, after)))


def _wanted(root: Path, stage: str | None) -> tuple[frozenset[str], str | None]:
    """The images of all stages, or of one, and the engine that asks for them: a single stage's own."""
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.lockable import lockable
    from shipyard.manifest import load, stage_names

    found: frozenset[str] = frozenset()
    engine = None
    for name in (stage,) if stage else stage_names(root):
        manifest = load(root, stage=name, instance=None, environ=os.environ).manifest
        found |= lockable(manifest, [plan for _, plan in compile_builds(manifest).values()])
        engine = manifest.engine if stage else None
    return found, engine


def registry_digests(objects: RegistryObjects, names: Iterable[str]) -> dict[str, str]:
    """What tags mean in their registries now. Raises ErrorGroup with each that cannot be told."""
    digests: dict[str, str] = {}
    errors: list[ShipyardError] = []
    for name in names:
        try:
            digest = objects.registry_digest(name)
        except ShipyardError as error:
            errors.append(error)
            continue
        if digest is None:
            errors.append(
                ShipyardError(
                    f"the registry has no {name}, or does not show it",
                    hint="check the name, and `docker login` where it is private",
                )
            )
        else:
            digests[name] = digest
    if errors:
        raise ErrorGroup(tuple(errors))
    return digests


def _check(wanted: frozenset[str], before: Mapping[str, str], kept: Mapping[str, str]) -> None:
    missing, unused = sorted(wanted - before.keys()), sorted(before.keys() - kept.keys())
    if missing or unused:
        raise LockIncomplete(
            "shipyard.lock does not fit shipyard.toml",
            where="shipyard.lock",
            details=(*(f"missing: {name}" for name in missing), *(f"not used: {name}" for name in unused)),
            hint="`shipyard lock`, and commit it",
        )


def _told(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    width = max(map(len, before.keys() | after.keys()), default=0)
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if new is None:
            lines.append(f"{name:<{width}}  no longer used, removed")
        elif old == new:
            lines.append(f"{name:<{width}}  {new[:19]}  unchanged")
        else:
            lines.append(f"{name:<{width}}  {new[:19]}  {f'was {old[:19]}' if old else 'new'}")
    return lines
