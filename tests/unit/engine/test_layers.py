"""Which images a page asks the engine about, and what it says of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.engine.layers import images_to_ask
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Container, Engine, Observed

ENGINE = Engine(id="E", name="n", version="28", address="local engine")


def desired(*services: ServiceSpec) -> Desired:
    manifest = Manifest(root=Path("/x"), name="x", stage="default", services=())
    return Desired(manifest=manifest, services=services)


def running(service: str, image_id: str) -> Container:
    return Container(
        id="c",
        name="c",
        service=service,
        number=1,
        state="running",
        exit_code=0,
        health="",
        image="x",
        image_id=image_id,
        spec=None,
    )


@pytest.mark.parametrize(
    ("images", "containers", "asked", "note"),
    [
        ({"web:1": "sha256:new"}, (), "sha256:new", ""),
        ({"web:1": "sha256:new"}, (running("web", "sha256:old"),), "sha256:new", ""),
        ({}, (), None, "not on the engine: {how} at apply"),
        (
            {},
            (running("web", "sha256:old"),),
            "sha256:old",
            "not on the engine: {how} at apply; what runs now:",
        ),
        ({}, (running("other", "sha256:old"),), None, "not on the engine: {how} at apply"),
    ],
)
@pytest.mark.parametrize(("built", "how"), [("web", "built"), (None, "pulled")])
def test_an_image_that_is_there_else_what_runs(
    images: dict[str, str],
    containers: tuple[Container, ...],
    asked: str | None,
    note: str,
    built: str | None,
    how: str,
) -> None:
    observed = Observed(engine=ENGINE, images=images, containers=containers)
    ((image, found),) = images_to_ask(desired(ServiceSpec(name="web", image="web:1", built=built)), observed)
    assert (found, image.note) == (asked, note.format(how=how))


def test_services_of_one_image_are_told_together() -> None:
    services = [
        ServiceSpec(name=name, image=image, built=None)
        for name, image in (("a", "x"), ("b", "y"), ("c", "x"))
    ]
    found = images_to_ask(desired(*services), Observed(engine=ENGINE))
    assert [(image.name, image.services) for image, _ in found] == [("x", ("a", "c")), ("y", ("b",))]
