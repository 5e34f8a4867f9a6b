"""The images of a project, for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from shipyard.compile.references import familiar
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.record import Record, asdict
from shipyard.model.stored import StoredImage
from shipyard.reconcile.surplus import own_images
from shipyard.render.sizes import bytes_text
from shipyard.render.table import table_text

FORMAT = 1


class ImageRow(Record):
    """`image` is its name, or the repository of a dangling one; `services` those that are declared to run
    from it; `id` and `size` (bytes) None when it is not there; `containers` are names."""

    image: str
    services: tuple[str, ...]
    id: str | None
    size: int | None
    containers: tuple[str, ...]


def image_rows(desired: Desired, stored: Iterable[StoredImage]) -> tuple[ImageRow, ...]:
    """Those of services in the order of their needs, then the project's others."""
    stored = tuple(stored)
    wanted: dict[str, list[str]] = {}
    for spec in desired.services:
        wanted.setdefault(familiar(spec.image), []).append(spec.name)
    there = {reference: one for one in stored for reference in one.references}
    rows = [_row(name, tuple(services), there.get(name)) for name, services in wanted.items()]
    for one in own_images(stored, {plan.repository for plan in desired.images}):
        if not set(one.references) & wanted.keys():
            rows.append(_row(", ".join(one.references) or f"{one.repository} (dangling)", (), one))
    return tuple(rows)


def _row(name: str, services: tuple[str, ...], found: StoredImage | None) -> ImageRow:
    return ImageRow(
        image=name,
        services=services,
        id=found.id if found else None,
        size=found.size if found else None,
        containers=found.users if found else (),
    )


def images_text(manifest: Manifest, rows: Iterable[ImageRow]) -> str:
    lines = [("IMAGE", "SERVICES", "SIZE", "CONTAINERS")]
    for row in rows:
        size = "not there" if row.size is None else bytes_text(row.size)
        lines.append((row.image, ", ".join(row.services) or "-", size, ", ".join(row.containers) or "-"))
    return table_text(lines)


def images_json(manifest: Manifest, rows: Iterable[ImageRow]) -> str:
    document = {
        "format": FORMAT,
        "project": manifest.name,
        "stage": manifest.stage,
        "images": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
