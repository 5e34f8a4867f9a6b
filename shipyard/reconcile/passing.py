"""What the engine is handed as it was written, and would refuse only when it creates the container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shipyard.manifest.sharing import shared_containers
from shipyard.manifest.values import is_host_address
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Foreign, Observed
from shipyard.model.plan import Problem

LONGEST_VALUE = 127 * 1024
"""Bytes of an environment variable's value. With its name, and that of what carries it to Compose, 128 KiB
are what a process can be started with (Linux: MAX_ARG_STRLEN)."""
TOO_LONG = "the value of {} is longer than any environment variable may be"
_CLOSED = ("created", "restarting", "exited", "dead", "removing")
"""States of a container whose namespaces no other enters."""
_NETWORK_MODES = ("bridge", "default", "host", "none")
TO_A_FILE = 'deliver it as a file: secrets = { NAME = { as = "file" } }'


def passing_problems(desired: Desired, observed: Observed) -> list[Problem]:
    found: list[Problem] = []
    for spec in desired.services:
        told = (
            *_containers(spec, observed),
            *_network(spec, desired, observed),
            *_hosts(spec),
            *_values(spec),
        )
        found += [Problem(address=f"service.{spec.name}", title=title, hint=hint) for title, hint in told]
    return found


def _containers(spec: ServiceSpec, observed: Observed) -> Iterator[tuple[str, str]]:
    everyone: list[Container | Foreign] = [*observed.foreign, *observed.containers]
    for key, name in shared_containers(spec.compose):
        meant = [one for one in everyone if name in (one.name, one.id)]
        # The engine takes the beginning of an id as well.
        meant = meant or [one for one in everyone if one.id.startswith(name)]
        if not meant:
            yield f"compose.{key}: there is no container {name}", "start it first, or name another"
        # What is of this deployment may be started before.
        elif key != "volumes_from" and all(one in observed.foreign and one.state in _CLOSED for one in meant):
            yield f"compose.{key}: container {name} is {meant[0].state}, and must run", "start it first"


def _network(spec: ServiceSpec, desired: Desired, observed: Observed) -> Iterator[tuple[str, str]]:
    mode = str(spec.compose.get("network_mode") or _NETWORK_MODES[0])
    named = {*_NETWORK_MODES, *(one.name for one in desired.networks)}
    named |= {one.name for one in observed.networks}
    there = mode in named or any(one.id.startswith(mode) for one in observed.networks)
    if ":" not in mode and not there:
        yield f"compose.network_mode: there is no network {mode}", "bridge, host, none, or one that is there"


def _hosts(spec: ServiceSpec) -> Iterator[tuple[str, str]]:
    """Compose takes a list, or a table of one address or several by name."""
    given = spec.compose.get("extra_hosts")
    addresses = (
        [re.split("[:=]", str(one), maxsplit=1)[-1] for one in given] if isinstance(given, list) else []
    )
    if isinstance(given, Mapping):
        for some in given.values():
            addresses += map(str, some if isinstance(some, list) else [some])
    for address in addresses:
        if not is_host_address(address):
            yield f"compose.extra_hosts: {address!r} is no IP address", 'write it as in "db:10.0.0.5"'


def _values(spec: ServiceSpec) -> Iterator[tuple[str, str]]:
    for name, template in spec.env.items():
        if len("".join(part for part in template if isinstance(part, str)).encode()) > LONGEST_VALUE:
            yield TOO_LONG.format(name), TO_A_FILE
