"""Databases and their data: two servers on one folder damage it, and none of them says so."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from shipyard.compile.known_images import known_image
from shipyard.errors import ShipyardError
from shipyard.model.desired import ServiceSpec


class DataShared(ShipyardError):
    """Two servers would run on one data folder."""


def data_volumes(spec: ServiceSpec) -> frozenset[str]:
    """The volumes, by their names on the engine, in which the server of a known image keeps its data."""
    known = known_image(spec.image)
    if known is None or known.data is None or spec.one_shot or not _runs_server(spec, known.server):
        return frozenset()
    return frozenset(
        mount.source
        for mount in spec.volumes
        if mount.kind == "volume" and mount.source and not mount.read_only
        if mount.target == known.data or known.data.startswith(f"{mount.target}/")
    )


def shared_data(specs: Iterable[ServiceSpec]) -> Iterator[DataShared]:
    """What would have two servers run on one volume: replicas, a rollout that starts the new one first,
    two services."""
    holders: dict[str, str] = {}
    for spec in specs:
        for volume in sorted(data_volumes(spec)):
            told = f"its data is in the volume {volume}, which two servers at once would damage"
            if spec.replicas > 1:
                yield DataShared(told, where=f"services.{spec.name}.replicas", hint="declare replicas = 1")
            if spec.rollout == "start-first":
                hint = 'leave it at "stop-first"'
                yield DataShared(told, where=f"services.{spec.name}.rollout", hint=hint)
            if volume in holders:
                hint = f"{holders[volume]} keeps its data there: give each a volume of its own"
                yield DataShared(told, where=f"services.{spec.name}.volumes", hint=hint)
            holders.setdefault(volume, spec.name)


def _runs_server(spec: ServiceSpec, server: str) -> bool:
    """Whether it starts what the image is for, rather than a tool beside it."""
    words = (*(spec.entrypoint or ()), *(spec.command or ()))
    return not words or words[0].startswith("-") or server in map(posixpath.basename, words)
