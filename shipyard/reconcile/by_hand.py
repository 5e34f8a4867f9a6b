"""What was done by hand to a container that is replaced: the new one is without it, and the plan says so."""

from __future__ import annotations

from shipyard.compile import labels
from shipyard.compile.spec import FORMAT
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import DriftCause
from shipyard.reconcile.limits import limits_drift
from shipyard.reconcile.recorded import as_recorded
from shipyard.reconcile.repairs import (
    connections_drift,
    is_down,
    names_of_others,
    state_drift,
    state_text,
)


def drift_of_replaced(spec: ServiceSpec, container: Container, observed: Observed) -> tuple[DriftCause, ...]:
    """What differs from what the container was made with, whatever is declared now; nothing where that was
    recorded in a format that is not known here."""
    recorded = container.spec
    if recorded is None or recorded.get("format") != FORMAT:
        return ()
    was = as_recorded(spec, recorded)
    causes = list(limits_drift(was, container))
    if "network_mode" not in was.compose:
        networks = {network.name: network for network in observed.networks}
        others = frozenset(one.service for one in observed.containers) - {container.service}
        taken = names_of_others(was, others)
        causes += connections_drift(container.service, was.networks, container, networks, taken).values()
    # When `shipyard dev` ends it stops what it began.
    down = is_down(was, container) and labels.MODE not in container.labels
    if container.state == "paused" or down:
        causes.append(state_drift(state_text(container)))
    return tuple(causes)
