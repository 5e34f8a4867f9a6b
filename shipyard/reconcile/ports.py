"""Host ports that somebody else holds: pure."""

from __future__ import annotations

from collections.abc import Iterator

from shipyard.model.desired import Desired
from shipyard.model.manifest import Publish
from shipyard.model.observed import HostPort, Observed
from shipyard.model.plan import Problem
from shipyard.reconcile.stops import overlaps

_EVERY = frozenset(("0.0.0.0", "::"))


def port_problems(desired: Desired, observed: Observed, gone: frozenset[str]) -> list[Problem]:
    """Those that a service is to publish, and that a container or a process of this machine has. `gone` are
    ids of containers that the plan removes."""
    found = []
    taken = set(taken_by_processes(desired, observed))
    for spec in desired.services:
        for publish in spec.publish:
            # What was declared by a later version stays, and so does someone's own `run`.
            staying = [
                (one.name, "", port)
                for one in observed.containers
                if one.id not in gone and (one.service != spec.name or one.one_off)
                for port in one.ports
            ]
            holders = (*_foreign(observed), *staying)
            port = publish.host_port
            holder = next((one for one in holders if overlaps(publish, one[2])), None)
            if holder is not None:
                name, owner, _ = holder
                who = f"container {name}" + (f" of {owner}" if owner else "")
                how = "`shipyard stop` of that stage" if owner else f"docker stop {name}"
                hint = f"stop it ({how}) or publish another port"
            elif (spec.name, port, publish.protocol) in taken:
                who = "a process on this machine"
                which = "lun" if publish.protocol == "udp" else "ltn"
                hint = f"`ss -{which}p sport = :{port}` names it; stop it or publish another port"
            else:
                continue
            found.append(
                Problem(address=f"service.{spec.name}", title=f"host port {port} is held by {who}", hint=hint)
            )
    return found


def taken_by_processes(desired: Desired, observed: Observed) -> Iterator[tuple[str, int, str]]:
    """Services with the ports for them, and the ports' protocols, on which something listens that is no
    container, as far as is seen: of one that is just starting the engine listens already."""
    ports = [port for container in observed.containers for port in container.ports]
    ports += [port for *_, port in _foreign(observed)]
    by_containers = {(one.host_port, one.protocol) for one in ports}
    listening = {"tcp": observed.listening, "udp": observed.listening_udp}
    for spec in desired.services:
        for publish in spec.publish:
            port = publish.host_port
            if port is None or (port, publish.protocol) in by_containers:
                continue
            if any(_heard(publish, *listener) for listener in listening.get(publish.protocol, ())):
                yield spec.name, port, publish.protocol


def _foreign(observed: Observed) -> list[tuple[str, str, HostPort]]:
    return [(foreign.name, foreign.owner, port) for foreign in observed.foreign for port in foreign.ports]


def _heard(publish: Publish, address: str, port: int) -> bool:
    """Whether a process listens where a port is to be published: the engine takes every address of both
    families where it is given none."""
    if publish.host_ip in _EVERY:
        return port == publish.host_port
    everywhere = "::" if ":" in publish.host_ip else "0.0.0.0"
    return port == publish.host_port and address in (publish.host_ip, everywhere)
