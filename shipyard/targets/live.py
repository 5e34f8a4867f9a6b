"""Edits of the source brought into the containers that run it.

Compose's own watch would not do: it removes files as the container's user, to whom the source does not
belong, knows nothing of byte code, which Python believes unchecked in an image, and builds by itself.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from shipyard.compile import labels
from shipyard.compile.desired import Builds
from shipyard.compile.develop import reloads
from shipyard.compile.live import place_in_image
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.objects import EngineError
from shipyard.model.build import BuildPlan, Live
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.record import Record
from shipyard.source import EMPTIED

RESTART_GRACE = 5.0
"""Seconds that a program without a reloader gets to end."""
_PASSING = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""What the engine answers of a container that is being replaced or does not run."""

Files = Mapping[str, str]
"""Digests by path in a build context."""


class Brought(Record):
    """What was brought to one container of a service: paths in the build context. `stale`: it runs on as
    before until it is started anew; `copied`: the image holds copies of them, which are as they were."""

    container: str
    service: str
    paths: tuple[str, ...]
    stale: bool
    copied: bool


_FOR_BROWSERS = (
    *(".css", ".scss", ".js", ".mjs", ".ts", ".map", ".woff", ".woff2", ".ttf"),
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico"),
)


class LiveFiles:
    """Knows what the source in each container is by now."""

    def __init__(self, objects: LiveObjects, root: Path) -> None:
        self._objects = objects
        self._root = root
        self._held: dict[str, Files] = {}

    def bring(self, desired: Desired, builds: Builds, files: Mapping[str, Files]) -> list[Brought]:
        """Make the source in each container of an image in `builds` that of `files`, by the image's service.

        Raises EngineError.
        """
        brought = []
        specs = {spec.name: spec for spec in desired.services}
        for container in self._objects.containers(labels.of_services(desired.manifest)):
            spec = specs.get(container["Labels"].get(labels.SERVICE, ""))
            if spec is None or spec.built is None or container["Image"] != spec.image:
                continue
            detected, plan = builds[spec.built]
            if detected.live is None:
                continue
            wanted = _standing(files[spec.built], detected.live, spec)
            try:
                paths = self._brought(container["Id"], spec, plan, detected.live, wanted, detected.python)
            except EngineError as error:
                if error.status not in _PASSING:
                    raise
                continue
            stale = container["State"] == "running" and not (spec.one_shot or reloads(spec, detected))
            if spec.port is None and all(path.endswith(_FOR_BROWSERS) for path in paths):
                # A worker's jobs are not thrown away for a style sheet.
                stale = False
            copied = detected.live.collected and any(path.endswith(_FOR_BROWSERS) for path in paths)
            if paths:
                made = Brought(
                    container=container["Id"], service=spec.name, paths=paths, stale=stale, copied=copied
                )
                brought.append(made)
        return brought

    def _brought(
        self, container: str, spec: ServiceSpec, plan: BuildPlan, live: Live, wanted: Files, python: str
    ) -> tuple[str, ...]:
        held = self._held.get(container)
        if held is None:
            held = _standing(plan.files, live, spec)
        new = sorted(path for path, digest in wanted.items() if held.get(path) != digest)
        gone = sorted(held.keys() - wanted.keys())
        if gone:
            self._objects.remove_files(container, (f"/app/{path}" for path in gone))
        if new or gone:
            sources = {f"/app/{path}": self._root / plan.context / path for path in new}
            emptied = {_byte_code(place, python): None for place in sources if place.endswith(".py")}
            self._objects.write_files(container, {**sources, **emptied, labels.EDITED: None})
        self._held[container] = wanted
        return (*new, *gone)


def start_anew(objects: LiveObjects, container: str) -> None:
    """Raises EngineError."""
    objects.stop(container, RESTART_GRACE)
    objects.start(container)


def is_edited(objects: LiveObjects, container: str) -> bool:
    """Whether anything was ever brought into a container, by whichever run."""
    return objects.has_file(container, labels.EDITED)


def _standing(files: Files, live: Live, spec: ServiceSpec) -> Files:
    """Those of a context that stand in a service's image, and are not covered by what is mounted there."""
    covered = [posixpath.normpath(mount.target) for mount in spec.volumes]
    covered += [posixpath.normpath(text.partition(":")[0]) for text in spec.tmpfs]
    return {
        path: digest
        for path, digest in files.items()
        if digest != EMPTIED
        and (place := place_in_image(path, live)) is not None
        and not any(f"{place}/".startswith(f"{one}/") for one in covered)
    }


def _byte_code(place: str, python: str) -> str:
    """Where Python keeps a module's byte code (PEP 3147). Empty, it is as good as none."""
    folder, name = posixpath.split(place)
    tag = "cpython-" + "".join(python.split(".")[:2])
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"
