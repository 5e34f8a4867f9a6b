"""What a project has left on an engine and nothing uses any more: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shipyard.compile.known_images import split_reference
from shipyard.model.stored import StoredImage


def own_images(images: Iterable[StoredImage], repositories: Collection[str]) -> tuple[StoredImage, ...]:
    """Those that were built for these repositories: by their tags, or by what a dangling one records."""
    return tuple(one for one in images if _built_for(one, repositories))


def _built_for(image: StoredImage, repositories: Collection[str]) -> bool:
    if not image.references:
        return image.repository in repositories
    named = [split_reference(reference) for reference in image.references]
    # One that somebody gave a name of their own is theirs too.
    return all(name in repositories and tag.startswith("in-") for name, tag in named)


def surplus_images(
    images: Iterable[StoredImage], repositories: Collection[str], wanted: Collection[str]
) -> tuple[StoredImage, ...]:
    """Own images that no container is made of, and that no stage would run: `wanted` are the references that
    the source as it is now leads to."""
    return tuple(
        one
        for one in own_images(images, repositories)
        if not one.users and not set(one.references) & set(wanted)
    )
