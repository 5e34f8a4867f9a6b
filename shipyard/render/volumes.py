"""The volumes of a stage, for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from shipyard.diagnosis.storage import may_write, user_of
from shipyard.model.desired import Desired
from shipyard.model.record import Record, asdict
from shipyard.model.stored import StoredVolume
from shipyard.render.sizes import bytes_text
from shipyard.render.table import table_text

FORMAT = 1


class VolumeRow(Record):
    """`volume` is its name in the manifest, else the engine's; `name` the engine's; `services` those that are
    declared to mount it, `shut_out` those of them that may not write into it; `there`: it exists. The rest is
    as in StoredVolume."""

    volume: str
    name: str
    services: tuple[str, ...]
    shut_out: tuple[str, ...]
    there: bool
    size: int | None
    owner: str | None
    containers: tuple[str, ...]


def volume_rows(desired: Desired, stored: Iterable[StoredVolume]) -> tuple[VolumeRow, ...]:
    """The declared ones in their order, then those that nothing declares any more."""
    found = {one.name: one for one in stored}
    declared = {one.name: one.key for one in desired.volumes}
    names = [*declared, *(name for name in found if name not in declared)]
    return tuple(_row(name, declared.get(name, name), desired, found.get(name)) for name in names)


def _row(name: str, key: str, desired: Desired, found: StoredVolume | None) -> VolumeRow:
    mounting = [
        (spec, mount)
        for spec in desired.services
        for mount in spec.volumes
        if mount.kind == "volume" and mount.source == name
    ]
    folder = found.folder if found else None
    return VolumeRow(
        volume=key,
        name=name,
        services=tuple(dict.fromkeys(spec.name for spec, _ in mounting)),
        shut_out=tuple(
            spec.name
            for spec, mount in mounting
            if folder is not None and not mount.read_only and not may_write(user_of(spec), folder)
        ),
        there=found is not None,
        size=found.size if found else None,
        owner=":".join(map(str, folder.owner)) if folder else None,
        containers=found.users if found else (),
    )


def volumes_text(rows: Sequence[VolumeRow]) -> str:
    lines = [("VOLUME", "SERVICES", "SIZE", "OWNER", "CONTAINERS")]
    for row in rows:
        size = "?" if row.size is None else bytes_text(row.size)
        services = ", ".join(row.services) or "none declared"
        users = ", ".join(row.containers) or "-"
        owner = f"{row.owner}, not {', '.join(row.shut_out)}" if row.shut_out else row.owner or "?"
        lines.append((row.volume, services, size if row.there else "not there", owner, users))
    shut = [row.volume for row in rows if row.shut_out]
    return table_text(lines) + "".join(
        f"\n`shipyard volumes mend {name}` lets it be written\n" for name in shut
    )


def volumes_json(desired: Desired, rows: Iterable[VolumeRow]) -> str:
    document = {
        "format": FORMAT,
        "project": desired.manifest.name,
        "stage": desired.manifest.stage,
        "volumes": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
