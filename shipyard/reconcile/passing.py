"""What the engine is handed as it was written, and would refuse only when it creates the container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shipyard.manifest.sharing import shared_containers
from shipyard.manifest.values import is_host_address
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Observed
from shipyard.model.plan import Problem

LONGEST_VALUE = 127 * 1024
"""Bytes of an environment variable's value. With its name, and that of what carries it to Compose, 128 KiB
are what a process can be started with (Linux: MAX_ARG_STRLEN)."""
TOO_LONG = "the value of {} is longer than any environment variable may be"
TO_A_FILE = 'deliver it as a file: secrets = { NAME = { as = "file" } }'


def passing_problems(desired: Desired, observed: Observed) -> list[Problem]:
    there = {one.name for one in observed.foreign} | {one.name for one in observed.containers}
    found: list[Problem] = []
    for spec in desired.services:
        for title, hint in (*_containers(spec, there), *_hosts(spec), *_values(spec)):
            found.append(Problem(address=f"service.{spec.name}", title=title, hint=hint))
    return found


def _containers(spec: ServiceSpec, there: set[str]) -> Iterator[tuple[str, str]]:
    for key, name in shared_containers(spec.compose):
        # The engine takes the beginning of an id as well.
        if name not in there and not set(name) <= set("0123456789abcdef"):
            yield f"compose.{key}: there is no container {name}", "start it first, or name another"


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
