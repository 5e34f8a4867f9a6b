"""How many replicas of each service were applied: kept on the engine, so that a later plan can tell what was
scaled by hand from what is declared otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.spec import canonical
from shipyard.compile.storage import is_record_volume, record_volume
from shipyard.engine.objects import Objects
from shipyard.model.manifest import Manifest
from shipyard.reconcile.scale import RECORD, parse_record


def record_replicas(objects: Objects, manifest: Manifest, changes: Mapping[str, int | None] | None) -> None:
    """Lay changes over what is recorded, of services that are declared; None for one that is gone, or for
    all of them.

    A record is an empty volume with a label. Labels cannot be changed: another record is another volume,
    made before the last one is removed.
    """
    marks = labels.ownership(manifest.name, manifest.stage, manifest.instance) | {labels.ROLE: RECORD}
    there = {
        one["Name"]: (one.get("Labels") or {}).get(labels.REPLICAS)
        for one in objects.volumes(marks)
        if is_record_volume(manifest.deployment, one["Name"])
    }
    known = {name: count for text in there.values() for name, count in parse_record(text).items()}
    after = {} if changes is None else {**known, **changes}
    declared = {service.name for service in manifest.services}
    wanted = {name: count for name, count in after.items() if count is not None and name in declared}
    text = canonical(wanted)
    name = record_volume(manifest.deployment, text)
    if wanted and name not in there:
        objects.create_volume(name, {**marks, labels.REPLICAS: text})
    for other in sorted(there.keys() - ({name} if wanted else set())):
        objects.remove_volume(other)
