"""Services under a new name: `was` in the manifest."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.desired import Desired
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
    """By the new name, those that still run under the earlier one and have nothing under the new one."""
    made: dict[str, Renamed] = {}
    for spec in desired.services:
        if spec.was is None or any(
            one.service == spec.name and not one.one_off for one in observed.containers
        ):
            continue
        old = tuple(one for one in observed.containers if one.service == spec.was and not one.one_off)
        if old:
            made[spec.name] = Renamed(containers=old, carried=carried.get(spec.name, ()))
    return made
