"""A part of what is declared, with what belongs to it."""

from __future__ import annotations

from pathlib import Path

from shipyard.compile.subset import subset
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest


def spec(name: str, *needs: str, **passed_through: object) -> ServiceSpec:
    return ServiceSpec(
        name=name, image="redis:7", built=None, networks=(), needs=needs, compose=passed_through
    )


def names(*services: ServiceSpec, wanted: str) -> list[str]:
    manifest = Manifest(root=Path("/shop"), name="shop", stage="prod", services=())
    return [one.name for one in subset(Desired(manifest=manifest, services=services), [wanted]).services]


def test_what_is_needed_comes_and_what_needs_it_does_not() -> None:
    assert names(spec("db"), spec("web", "db"), spec("worker", "web"), wanted="web") == ["db", "web"]


def test_what_lives_in_it_comes_with_what_that_needs() -> None:
    services = (
        spec("web"),
        spec("cache"),
        spec("proxy", "cache", network_mode="service:web"),
        spec("probe", pid="service:proxy"),
        spec("copy", volumes_from=["web:ro"]),
        spec("other"),
    )
    assert names(*services, wanted="web") == ["web", "cache", "proxy", "probe", "copy"]
    assert names(*services, wanted="cache") == ["cache"]
