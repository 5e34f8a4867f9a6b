"""Data that a restore was putting in place when it ended: what runs on it would take the rest for lost."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.model.observed import Observed
from shipyard.model.plan import Problem


def half_restored(observed: Observed) -> dict[str, str]:
    """The mark's volume, by service."""
    return {
        one.labels.get(labels.SERVICE, ""): one.name
        for one in observed.volumes
        if one.owned and one.labels.get(labels.ROLE) == labels.RESTORE_ROLE
    }


def restore_problems(observed: Observed) -> list[Problem]:
    """No apply goes on over such data."""
    return [
        Problem(
            address=f"service.{service}",
            title=f"a restore of {service} did not come to its end, and its data is incomplete",
            hint=f"`shipyard restore {service} FILE` again; where the data is right all the same, "
            f"`docker volume rm {volume}` takes the mark away",
        )
        for service, volume in sorted(half_restored(observed).items())
    ]
