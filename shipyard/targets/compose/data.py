"""The last look before a database starts: nobody else is at work on its data."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.compile.data import DataShared, data_places
from shipyard.engine.objects import Objects
from shipyard.engine.snapshot import written_places
from shipyard.model.desired import Desired, ServiceSpec


def refuse_shared_data(objects: Objects, desired: Desired, spec: ServiceSpec) -> None:
    """Raises DataShared. What the plan knew may be minutes old, and another stage has a lease of its own."""
    manifest = desired.manifest
    places = data_places(spec, manifest.root)
    if not places:
        return
    ownership = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    for item in objects.running():
        marks = item.get("Labels") or {}
        ours = all(marks.get(key) == value for key, value in ownership.items())
        if ours and (labels.JOB in marks or labels.ROLE in marks):
            continue
        own = ours and marks.get(labels.SERVICE) in (spec.name, spec.was)
        if own and marks.get(labels.COMPOSE_ONEOFF) != "True":
            continue
        if held := places.intersection(written_places(item)):
            name = (item.get("Names") or ["/?"])[0].lstrip("/")
            raise DataShared(
                f"container {name} runs with {min(held)}, where {spec.name} keeps its data: "
                "two servers at once would damage it",
                where=f"service.{spec.name}",
                hint=f"stop it: docker stop {name}",
            )
