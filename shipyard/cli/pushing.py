"""Images pushed to the manifest's registry, each once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from shipyard.engine.buildx import Progress, Publication, bake
from shipyard.engine.connect import Connection
from shipyard.engine.objects import EngineError
from shipyard.engine.patience import patiently
from shipyard.engine.registry_objects import RegistryObjects
from shipyard.model.build import BuildPlan
from shipyard.source.git import git_origin, git_state


def push_images(
    connection: Connection,
    plans: Sequence[BuildPlan],
    here: Sequence[BuildPlan],
    root: Path,
    secrets: Mapping[str, str],
    attestations: tuple[str, ...],
    cache: bool,
    progress: Progress,
) -> tuple[dict[str, str], list[BuildPlan]]:
    """The digests of all images by name, and those that were made for it: `here` are those to be built for
    the engine itself. What the registry has is left alone where the cache is used. With `attestations`,
    and for platforms of their own, Buildx pushes; the engine does not keep those. `secrets` has the values of
    those that builds name.

    Raises BuildFailed, EngineError.
    """
    objects = RegistryObjects(connection)
    found = {plan.tagged: patiently(partial(objects.registry_digest, plan.tagged)) for plan in plans}
    digests = {name: digest for name, digest in found.items() if digest and cache}
    missing = [plan for plan in plans if plan.tagged not in digests]
    published = [plan for plan in missing if attestations or plan.platforms]
    built = [plan for plan in missing if plan in here and plan not in published]
    if published and not objects.keeps_indexes():
        raise EngineError(
            "this engine's image store keeps neither attestations nor several platforms",
            where=connection.address,
            hint='turn on its containerd image store ("containerd-snapshotter" among the features of '
            "daemon.json), or push without --attest and platforms",
        )
    if built:
        bake(connection, built, root, secrets, cache=cache, progress=progress)
    for plan in missing:
        if plan not in published:
            print(f"pushing {plan.tagged}", file=sys.stderr)
            digests[plan.tagged] = patiently(partial(objects.push, plan.tagged))
    if published:
        publication = Publication(attestations=attestations, annotations=came_from(root))
        bake(*(connection, published, root, secrets), cache=cache, progress=progress, publication=publication)
        digests |= {plan.tagged: objects.pushed_digest(plan.tagged) for plan in published}
    return digests, [*built, *published]


def came_from(root: Path) -> tuple[tuple[str, str], ...]:
    """The commit, by the keys of the OCI image specification; nothing outside of git."""
    state = git_state(root)
    if state is None:
        return ()
    made = [("revision", state["commit"] + ("-dirty" if state["dirty"] == "yes" else ""))]
    origin = git_origin(root)
    made += [("source", origin)] if origin else []
    return tuple((f"org.opencontainers.image.{key}", value) for key, value in made)
