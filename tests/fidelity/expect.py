"""What the engine's events have to be when a plan's operations are carried out, and the comparison.

Every operation is translated into events by what it says of itself: the containers it names, how many it
makes, which networks its service is on. Events of one container are compared as a multiset, since the
engine does not order them; across containers the plan's graph says what comes before what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fidelity.stream import Event

from shipyard.compile import labels
from shipyard.compile.storage import RECORD_VOLUME
from shipyard.model import plan as plans
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.observed import Container, Observed

Steps = Counter[str]
SECRETS = re.compile(r"(-secrets-)[0-9a-f]{12}$")


@dataclass(slots=True, kw_only=True)
class Expected:
    """What one operation makes the engine say. `steps` by the id of a container that is there, or the name
    of a network or volume; `made` the steps of containers that are new, each with its service."""

    operation: plans.Operation
    steps: dict[str, Steps] = field(default_factory=dict)
    made: list[tuple[str, Steps]] = field(default_factory=list)

    def add(self, about: str, *steps: str) -> None:
        self.steps.setdefault(about, Counter()).update(steps)


class Expectation:
    """Translates operations one after the other, with what the earlier ones left."""

    def __init__(self, desired: Desired, observed: Observed) -> None:
        self.desired = desired
        self.observed = observed
        self.gone: set[str] = set()
        self.up = {one.id for one in observed.containers if one.state in ("running", "paused", "restarting")}
        self.paused = {one.id for one in observed.containers if one.state == "paused"}
        self.on = {one.id: set(one.networks) for one in observed.containers}

    def of(self, operation: plans.Operation) -> Expected:  # noqa: C901 - one case for each operation
        found = Expected(operation=operation)
        match operation:
            case plans.BuildImage() | plans.PullImage():
                pass
            case plans.CreateNetwork():
                found.add(self._network(operation.name), "network create")
            case plans.ReplaceNetwork():
                self._replace_network(found, operation)
            case plans.RemoveNetwork():
                name = next(one.name for one in self.observed.networks if one.id == operation.network)
                found.add(name, "network destroy")
            case plans.CreateVolume():
                found.add(
                    next(v.name for v in self.desired.volumes if v.key == operation.name), "volume create"
                )
            case plans.CreateKey():
                found.add(f"{self.desired.deployment}_shipyard-key", "volume create")
            case plans.CreateSecret():
                if operation.volume not in {one.name for one in self.observed.volumes}:
                    found.add(SECRETS.sub(r"\1", operation.volume), "volume create")
                # Its files are carried into it by a container that is never started.
                found.made.append((operation.name, Counter(["create", "destroy"])))
            case plans.RemoveSecret() | plans.RemoveVolume():
                found.add(SECRETS.sub(r"\1", operation.volume), "volume destroy")
            case plans.RunJob():
                spec = self.desired.service(operation.name)
                found.made.append((operation.name, self._started(spec) + self._ended(spec)))
                for record in operation.records:
                    self._remove(found, record)
            case plans.CreateService():
                found.made += [self._new(operation.name)] * operation.replicas
            case plans.ReplaceService():
                self._replace(found, operation)
            case plans.ScaleService():
                for container in operation.removed:
                    self._remove(found, container)
                more = operation.replicas[1] - operation.replicas[0]
                found.made += [self._new(operation.name)] * more
            case plans.StartService():
                for container in operation.containers:
                    self._start(found, container)
            case plans.StopService():
                for container in operation.containers:
                    self._down(found, container)
            case plans.UnpauseService():
                for container in operation.containers:
                    found.add(container, "unpause")
                    self.paused.discard(container)
            case plans.ConnectService():
                for container, network in operation.unlinks:
                    self._said(found, container, f"disconnect {network}")
                    self.on[container].discard(network)
                for container, network in operation.links:
                    self._said(found, container, f"connect {network}")
                    self.on[container].add(network)
            case plans.UpdateService():
                for container in operation.containers:
                    found.add(container, "update")
            case plans.RemoveService() | plans.RemoveRecords():
                for container in operation.containers:
                    self._remove(found, container)
            case plans.MendService():
                for container in operation.remove:
                    self._remove(found, container)
                for container, _ in operation.rename:
                    found.add(container, "rename")
        return found

    def _network(self, key: str) -> str:
        return next(one.name for one in self.desired.networks if one.key == key)

    def _new(self, service: str) -> tuple[str, Steps]:
        return service, self._made(self.desired.service(service))

    def _made(self, spec: ServiceSpec) -> Steps:
        """A container is made, put on its service's networks, and started; a one-shot runs to its end."""
        return self._started(spec) + (self._ended(spec) if spec.one_shot else Counter())

    def _started(self, spec: ServiceSpec) -> Steps:
        return Counter(["create", "start", *(f"connect {network}" for network in self._networks(spec))])

    def _ended(self, spec: ServiceSpec) -> Steps:
        return Counter(["die", *(f"disconnect {network}" for network in self._networks(spec))])

    @staticmethod
    def _networks(spec: ServiceSpec) -> tuple[str, ...]:
        return () if "network_mode" in spec.compose else spec.networks

    def _said(self, found: Expected, container: str, *steps: str) -> None:
        """The engine says nothing of the networks of a container that is stopped."""
        if container in self.up:
            found.add(container, *steps)

    def _start(self, found: Expected, container: str) -> None:
        found.add(container, "start", *(f"connect {network}" for network in self.on[container]))
        self.up.add(container)

    def _down(self, found: Expected, container: str) -> None:
        if container in self.up:
            found.add(container, "kill", "stop", "die", *(f"disconnect {one}" for one in self.on[container]))
            if container in self.paused:
                # The engine wakes it up, to be told to stop.
                found.add(container, "unpause")
                self.paused.discard(container)
            self.up.discard(container)

    def _remove(self, found: Expected, container: str) -> None:
        """Stopped and removed by id."""
        self._down(found, container)
        found.add(container, "destroy")
        self.gone.add(container)

    def _replace(self, found: Expected, operation: plans.ReplaceService) -> None:
        recreated = (
            operation.was is None and operation.strategy == "stop-first" and operation.replicas == (1, 1)
        )
        more = operation.replicas[1] if operation.was else len(operation.containers)
        if operation.strategy == "start-first" and operation.was is None:
            # Some of the new ones may be there already.
            mine = [one for one in self.observed.containers if one.service == operation.name]
            here = sum(not one.one_off and one.id not in self.gone for one in mine)
            more = operation.replicas[0] + len(operation.containers) - here
        for container in operation.containers:
            if recreated:
                self._down(found, container)
                found.add(container, "destroy")
            else:
                self._remove(found, container)
        service, steps = self._new(operation.name)
        found.made += [(service, steps + Counter(["rename"] if recreated else []))] * more
        for record in operation.carried:
            self._remove(found, record)
            found.made.append((service, Counter(["create"])))

    def _replace_network(self, found: Expected, operation: plans.ReplaceNetwork) -> None:
        name = self._network(operation.name)
        found.add(name, "network destroy", "network create")
        for container in operation.containers:
            if name in self.on[container]:
                self._said(found, container, f"disconnect {name}", f"connect {name}")


def compare(plan: plans.Plan, desired: Desired, observed: Observed, events: Iterable[Event]) -> list[str]:
    """What happened and was not planned, or was planned and did not happen; empty when all is well."""
    translate = Expectation(desired, observed)
    expected = [translate.of(operation) for operation in plan.operations]
    return _Comparison(desired, observed, expected).differences(events)


class _Comparison:
    def __init__(self, desired: Desired, observed: Observed, expected: list[Expected]) -> None:
        self.deployment = desired.deployment
        self.own = labels.ownership(desired.manifest.name, desired.manifest.stage, desired.manifest.instance)
        self.known: Mapping[str, Container] = {one.id: one for one in observed.containers}
        self.expected = expected

    def differences(self, events: Iterable[Event]) -> list[str]:
        seen, services, order = self._collected(events)
        wrong: list[str] = []
        wanted: dict[str, Steps] = {}
        for one in self.expected:
            for about, steps in one.steps.items():
                wanted.setdefault(about, Counter()).update(steps)
        for about in sorted(wanted.keys() | (seen.keys() - services.keys())):
            wrong += _missed(self._called(about), wanted.get(about, Counter()), seen.get(about, Counter()))
        made = [(service, steps) for one in self.expected for service, steps in one.made]
        wrong += _unmatched(made, [(services[one], seen[one]) for one in services], self._called)
        return wrong or self._out_of_order(order)

    def _collected(
        self, events: Iterable[Event]
    ) -> tuple[dict[str, Steps], dict[str, str], dict[str, list[int]]]:
        """Steps by object, the services of new containers, and when each object was touched."""
        seen: dict[str, Steps] = {}
        services: dict[str, str] = {}
        order: dict[str, list[int]] = {}
        killed: set[str] = set()
        for index, event in enumerate(events):
            about, step = self._step(event, services)
            if not about:
                continue
            if step == "kill":
                # A second signal follows when the first is not enough.
                if about in killed:
                    continue
                killed.add(about)
            if step == "start":
                killed.discard(about)
            seen.setdefault(about, Counter())[step] += 1
            order.setdefault(about, []).append(index)
        return seen, services, order

    def _step(self, event: Event, services: dict[str, str]) -> tuple[str, str]:
        if event.kind == "container":
            if event.about not in self.known and event.about not in services:
                if any(event.attributes.get(key) != value for key, value in self.own.items()):
                    return "", ""
                services[event.about] = event.attributes.get(labels.SERVICE, "")
            return event.about, event.action
        if event.kind == "network" and event.action in ("connect", "disconnect"):
            ours = event.other in self.known or event.other in services
            # The engine says the name of a network that is being removed in its own way.
            return (event.other, f"{event.action} {event.about}") if ours else ("", "")
        record = event.about.startswith(f"{self.deployment}_{RECORD_VOLUME}-")
        if record or not event.about.startswith(f"{self.deployment}_"):
            return "", ""
        return SECRETS.sub(r"\1", event.about), f"{event.kind} {event.action}"

    def _called(self, about: str) -> str:
        return self.known[about].name if about in self.known else about

    def _out_of_order(self, order: dict[str, list[int]]) -> list[str]:
        """Objects that only one operation touches tell when it ran."""
        times: dict[str, tuple[int, int]] = {}
        for one in self.expected:
            alone = [
                about
                for about in one.steps
                if about in order and sum(about in other.steps for other in self.expected) == 1
            ]
            if alone:
                moments = [index for about in alone for index in order[about]]
                times[one.operation.id] = min(moments), max(moments)
        return [
            f"{one.operation.id} began before {before} had ended"
            for one in self.expected
            for before in one.operation.after
            if one.operation.id in times and before in times and times[before][1] > times[one.operation.id][0]
        ]


def _missed(name: str, wanted: Steps, seen: Steps) -> list[str]:
    wrong = []
    if seen - wanted:
        wrong.append(f"{name}: not planned: {_text(seen - wanted)}")
    if wanted - seen:
        wrong.append(f"{name}: planned and did not happen: {_text(wanted - seen)}")
    return wrong


def _unmatched(wanted: list[tuple[str, Steps]], seen: list[tuple[str, Steps]], _: object) -> list[str]:
    """New containers are the same when as many of each service did the same."""
    left = list(seen)
    missing = []
    for one in wanted:
        if one in left:
            left.remove(one)
        else:
            missing.append(one)
    return [
        f"new container of {service}: planned and did not happen: {_text(steps)}"
        for service, steps in missing
    ] + [f"new container of {service}: not planned: {_text(steps)}" for service, steps in left]


def _text(steps: Steps) -> str:
    return ", ".join(f"{step} x{count}" if count > 1 else step for step, count in sorted(steps.items()))
