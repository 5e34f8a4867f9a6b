"""What a container was made with, as far as it can be changed by hand."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile.spec import FORMAT
from shipyard.model.desired import ServiceSpec
from shipyard.model.record import replace


def as_recorded(spec: ServiceSpec, recorded: Mapping[str, object]) -> ServiceSpec:
    """A spec with those fields as they were recorded; as it is where that is of another format."""
    if recorded.get("format") != FORMAT:
        return spec
    resources, compose = (_table(recorded.get(key)) for key in ("resources", "compose"))
    networks, cpus, memory = recorded.get("networks"), resources.get("cpus"), resources.get("memory")
    return replace(
        spec,
        restart=str(recorded.get("restart")),
        networks=tuple(map(str, networks)) if isinstance(networks, list | tuple) else (),
        cpus=cpus if isinstance(cpus, int | float) else None,
        memory=memory if isinstance(memory, int) else None,
        compose=compose,
    )


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
