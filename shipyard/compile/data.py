"""Databases and their data: two servers on one folder damage it, and none of them says so."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from shipyard.compile.known_images import KnownImage, known_image
from shipyard.compile.programs import programs
from shipyard.errors import ShipyardError
from shipyard.manifest.sharing import shared_services
from shipyard.model.desired import ServiceSpec


class DataShared(ShipyardError):
    """Two servers would run on one data folder."""


def data_folder(spec: ServiceSpec, known: KnownImage) -> str | None:
    """Where the server keeps its data, by its own variable if that is set."""
    told = spec.env.get(known.data_variable) if known.data_variable else None
    if told and all(isinstance(part, str) for part in told):
        return posixpath.normpath("".join(map(str, told)))
    return known.data


def unkept_folder(spec: ServiceSpec) -> str | None:
    """The data folder of a known image, if nothing is mounted there that outlives the container."""
    known = known_image(spec.image)
    folder = data_folder(spec, known) if known is not None else None
    # On tmpfs it is lost on purpose.
    kept = folder is None or any(
        _meets(folder, place)
        for place in (
            *(one.target for one in spec.volumes if one.source is not None),
            *(one.partition(":")[0] for one in spec.tmpfs),
        )
    )
    return None if kept else folder


def data_places(spec: ServiceSpec, root: Path) -> frozenset[str]:
    """Where the server of a known image keeps its data, outside of its container: volumes by their names on
    the engine, folders of the host by their paths. `root` is the project's folder."""
    known = known_image(spec.image)
    folder = data_folder(spec, known) if known is not None else None
    if known is None or folder is None or not runs_server(spec, known):
        return frozenset()
    return frozenset(
        mount.source if mount.kind == "volume" else posixpath.normpath(str(root / mount.source))
        for mount in spec.volumes
        if mount.source and not mount.read_only
        if _meets(folder, mount.target)
    )


def shared_data(specs: Iterable[ServiceSpec], root: Path) -> Iterator[DataShared]:
    """What would have two servers run on one place: replicas, a rollout that starts the new one first, two
    services."""
    by_name = {spec.name: spec for spec in specs}
    holders: dict[str, str] = {}
    for spec in by_name.values():
        known = known_image(spec.image)
        serves = known is not None and runs_server(spec, known)
        for key, name in shared_services(spec.compose) if serves else ():
            lender = by_name.get(name) if key == "volumes_from" else None
            if lender is None or known_image(lender.image) != known:
                continue
            for place in sorted(data_places(lender, root)):
                yield DataShared(
                    f"its data is in {place}, as {lender.name}'s: two servers at once would damage it",
                    where=f"services.{spec.name}.compose.volumes_from",
                    hint="give it a volume of its own",
                )
        for place in sorted(data_places(spec, root)):
            told = f"its data is in {place}, which two servers at once would damage"
            if spec.replicas > 1:
                yield DataShared(told, where=f"services.{spec.name}.replicas", hint="declare replicas = 1")
            if spec.rollout == "start-first":
                hint = 'leave it at "stop-first"'
                yield DataShared(told, where=f"services.{spec.name}.rollout", hint=hint)
            if place in holders:
                hint = f"{holders[place]} keeps its data there: give each a place of its own"
                yield DataShared(told, where=f"services.{spec.name}.volumes", hint=hint)
            holders.setdefault(place, spec.name)


def runs_server(spec: ServiceSpec, known: KnownImage) -> bool:
    """Whether it starts what the image is for, rather than a tool beside it."""
    words = (*(spec.entrypoint or ()), *(spec.command or ()))
    if not words or words[0].startswith("-") or words[0].endswith(".conf"):
        return True  # options of the server, by the images' own entrypoints
    started = [word for program, rest in programs(words) for word in (program, *rest)]
    return any(posixpath.basename(word) in known.servers for word in started)


def _meets(one: str, other: str) -> bool:
    """Whether one of two folders is the other, or in it."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
