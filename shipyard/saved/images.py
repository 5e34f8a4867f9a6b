"""Digests of pushed images: what `build --push` made, for a plan that pulls them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shipyard.compile.desired import Builds
from shipyard.errors import ShipyardError
from shipyard.model.record import replace
from shipyard.saved.codec import IMAGES, from_values, read_document, write_document

FORMAT = 1


class ImagesMismatch(ShipyardError):
    """The pushed images are not those of this source."""


def write_images(path: Path, digests: Mapping[str, str]) -> None:
    """`digests` by the name that each image was pushed under. Raises SavedFileError."""
    write_document(path, {"kind": IMAGES, "format": FORMAT, "images": dict(sorted(digests.items()))})


def pinned(builds: Builds, path: Path) -> Builds:
    """The build plans with the digests of a file. Raises SavedFileError, or ImagesMismatch for an image
    that is not in it: the source has changed since it was pushed."""
    found = from_values(read_document(path, IMAGES).get("images"), dict[str, str], str(path))
    missing = [plan.tagged for _, plan in builds.values() if plan.tagged not in found]
    if missing:
        raise ImagesMismatch(
            f"{path} holds no image {', '.join(missing)}",
            details=tuple(f"it holds {name}" for name in sorted(found)),
            hint="the source is not the one that was pushed: `shipyard build --push` again",
        )
    return with_digests(builds, {name: found[plan.tagged] for name, (_, plan) in builds.items()})


def with_digests(builds: Builds, digests: Mapping[str, str | None]) -> Builds:
    """The build plans with the digests of their images by the service that owns each, None without one."""
    return {
        name: (detected, replace(plan, digest=digests[name])) for name, (detected, plan) in builds.items()
    }
