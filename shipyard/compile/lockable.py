"""Which images shipyard.lock is about: those that services run from, and those that images are made from."""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.compile.references import familiar
from shipyard.model.build import BuildPlan
from shipyard.model.manifest import Manifest


def lockable(manifest: Manifest, plans: Iterable[BuildPlan]) -> frozenset[str]:
    """Names as the lock has them. What is declared by digest needs no lock, and the base in a Dockerfile of
    the project's own is its own business."""
    services = {service.image for service in manifest.services if service.image is not None}
    bases = {base for plan in plans for base in (plan.base, plan.node) if base is not None}
    return frozenset(familiar(one) for one in services | bases if "@" not in one)


def unlocked(manifest: Manifest, plans: Iterable[BuildPlan]) -> tuple[str, ...]:
    """Notes on images that a lock does not have, where there is one."""
    missing = sorted(lockable(manifest, plans) - manifest.locked.keys()) if manifest.locked else []
    return tuple(f"{name} is not in shipyard.lock: `shipyard lock` adds it" for name in missing)
