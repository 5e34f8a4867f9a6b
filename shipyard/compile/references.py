"""Image references as the engine lists them."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile.known_images import split_reference


def familiar(reference: str) -> str:
    """The spelling that the engine's image list uses: no default registry, a tag or a digest, not both."""
    repository, tag = split_reference(reference)
    for prefix in ("docker.io/", "index.docker.io/"):
        repository = repository.removeprefix(prefix)
    repository = repository.removeprefix("library/")
    digest = reference.partition("@")[2]
    return f"{repository}@{digest}" if digest else f"{repository}:{tag}"


def locked(reference: str, digests: Mapping[str, str]) -> str:
    """The reference with the digest that shipyard.lock has of it, if any; one by digest stays as it is."""
    digest = digests.get(familiar(reference))
    return f"{reference}@{digest}" if digest else reference


def without_digest(reference: str) -> str:
    """The reference by its tag where the tag is of an inputs digest, which never moves: the same image is
    the same whether it was built here or pulled by digest."""
    tagged = reference.partition("@")[0]
    return tagged if split_reference(tagged)[1].startswith("in-") else reference


def image_id(images: Mapping[str, str], reference: str) -> str | None:
    """The id behind a reference on the engine, None where it is missing."""
    return images.get(familiar(reference))
