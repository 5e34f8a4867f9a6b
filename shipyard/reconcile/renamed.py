"""Services under a new name: `was` in the manifest."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.record import Record


class Renamed(Record):
    """`containers` run under the earlier name; `carried` are ids of the records of a before_deploy that
    need not run again."""

    containers: tuple[Container, ...]
    carried: tuple[str, ...]


def renamed_services(
    desired: Desired, observed: Observed, carried: Mapping[str, tuple[str, ...]]
) -> dict[str, Renamed]:
    """By the new name, the services that are renamed by this plan."""
    return {
        spec.name: Renamed(containers=old, carried=carried.get(spec.name, ()))
        for spec in desired.services
        if (old := earlier_containers(spec, observed))
    }


def earlier_containers(spec: ServiceSpec, observed: Observed) -> tuple[Container, ...]:
    """The containers of the name that a service had, when it has none under the new one."""
    if spec.was is None:
        return ()
    running = [one for one in observed.containers if not one.one_off]
    if any(one.service == spec.name for one in running):
        return ()
    return tuple(one for one in running if one.service == spec.was)
