"""What the images of services are made of, layer by layer. Reads only."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from shipyard.compile.references import image_id
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineRefused
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Observed
from shipyard.model.record import replace
from shipyard.model.stored import Layer, LayeredImage


def layered_images(connection: Connection, desired: Desired, observed: Observed) -> tuple[LayeredImage, ...]:
    """The images of the services in the order of their needs, one request for each that is there.

    Raises EngineUnreachable.
    """
    found = images_to_ask(desired, observed)
    there = sorted({one for _, one in found if one})
    reader = connection.reader()
    try:
        answers = reader.get_all([f"/images/{quote(one, safe='')}/history" for one in there])
    finally:
        reader.close()
    layers = {one: _layers(answer) for one, answer in zip(there, answers, strict=True)}
    return tuple(_with(image, layers[one]) if one else image for image, one in found)


def images_to_ask(desired: Desired, observed: Observed) -> list[tuple[LayeredImage, str | None]]:
    """Each image with the id of what is there: itself, else what its services run from now; None for
    neither."""
    users: dict[str, list[ServiceSpec]] = {}
    for spec in desired.services:
        users.setdefault(spec.image, []).append(spec)
    found: list[tuple[LayeredImage, str | None]] = []
    for name, specs in users.items():
        services = tuple(spec.name for spec in specs)
        shown, note = image_id(observed.images, name), ""
        if shown is None:
            note = "not on the engine: " + ("built at apply" if specs[0].built else "pulled at apply")
            runs = [one.image_id for one in observed.containers if one.service in services]
            if runs:
                shown, note = runs[0], f"{note}; what runs now:"
        found.append((LayeredImage(name=name, services=services, layers=None, note=note), shown))
    return found


def _layers(answer: Any) -> tuple[Layer, ...] | None:
    """From the base up; the engine lists what was last first."""
    if isinstance(answer, EngineRefused):
        return None
    return tuple(
        Layer(size=one.get("Size") or 0, made_by=one.get("CreatedBy") or one.get("Comment") or "")
        for one in reversed(answer)
    )


def _with(image: LayeredImage, layers: tuple[Layer, ...] | None) -> LayeredImage:
    if layers is None:
        return replace(image, note="the engine no longer has it")
    return replace(image, layers=layers)
