"""Whatever is declared and whatever runs: one plan for one meaning, empty when nothing differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shipyard.compile import labels
from shipyard.compile.desired import compile_desired
from shipyard.compile.spec import service_document
from shipyard.engine.secret_values import keyed_digests
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest, Mount, Publish, Resources, Secret, SecretRef, Service
from shipyard.model.observed import Container, Engine, Foreign, HostPort, Network, Observed, Volume
from shipyard.model.plan import Plan
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile
from shipyard.reconcile.resources import key_volume
from shipyard.reconcile.settings import network_document, volume_document
from shipyard.render.document import plan_json
from shipyard.render.text import plan_text

ENGINE = Engine(id="E", name="box", version="28.5.2", address="local engine")
KEY = "5e" * 32
NAMES = ("a", "b", "c", "d")
SECRETS = ("PASSWORD", "TOKEN")
VALUES = st.text(st.sampled_from("QXZ!#@é"), min_size=8, max_size=12)
"""Texts that stand nowhere else in a plan."""


@st.composite
def services(draw: st.DrawFn) -> tuple[Service, ...]:
    made: list[Service] = []
    for name in NAMES[: draw(st.integers(1, 4))]:
        secrets = draw(st.lists(st.sampled_from(SECRETS), unique=True))
        env = draw(st.dictionaries(st.sampled_from(["A", "B"]), st.tuples(st.sampled_from(["1", "2"]))))
        whole: Mapping[str, Any] = {**env, "URL": ("db://", SecretRef(name="PASSWORD"))}
        made.append(
            Service(
                name=name,
                image=draw(st.sampled_from(["redis:7", "redis:8", "postgres:17", "acme/app:1"])),
                needs=tuple(one.name for one in made if draw(st.booleans())),
                replicas=draw(st.integers(1, 3)),
                env=whole if draw(st.booleans()) else env,
                secrets=tuple(
                    Secret(name=one, source=one, delivery=draw(st.sampled_from(["env", "file"])))
                    for one in secrets
                ),
                publish=draw(st.sampled_from([(), (Publish(host_port=None, container_port=80),)])),
                volumes=draw(st.sampled_from([(), (Mount(kind="volume", source="data", target="/data"),)])),
                networks=draw(st.sampled_from([(), ("back",), ("default", "back")])),
                resources=Resources(cpus=draw(st.sampled_from([None, 1, 0.5]))),
                restart=draw(st.sampled_from([None, "no", "on-failure:3"])),
                before_deploy=draw(st.sampled_from([None, ("migrate",)])),
            )
        )
    return tuple(made)


def compiled(made: tuple[Service, ...], values: Mapping[str, str]) -> Desired:
    manifest = Manifest(root=Path("/srv/shop"), name="shop", stage="prod", services=made)
    return compile_desired(manifest, {}, keyed_digests(KEY, "shop", "prod", values))


def containers(spec: ServiceSpec) -> list[Container]:
    return [
        Container(
            id=f"{spec.name}{number}",
            name=f"shop-prod-{spec.name}-{number}",
            service=spec.name,
            number=number,
            state="running",
            exit_code=0,
            health="",
            image=spec.image,
            image_id=f"sha256:{spec.image}",
            spec=json.loads(json.dumps(service_document(spec))),
            restart=spec.restart,
            cpus=spec.cpus or 0,
            memory=spec.memory or 0,
            networks=spec.networks,
            volumes=(spec.secret_volume,) if spec.secret_volume else (),
        )
        for number in range(1, spec.replicas + 1)
    ]


def world(desired: Desired) -> Observed:
    """What the engine shows when everything is as declared."""
    own = labels.ownership("shop", "prod", None)
    running = [one for spec in desired.services for one in containers(spec)]
    records = [
        replace(
            *[one for one in running if one.service == job.service][:1],
            id=f"{job.service}-job",
            one_off=True,
            state="exited",
            job=json.loads(json.dumps(dict(job.document))),
        )
        for job in desired.jobs
    ]
    secrets = [
        Volume(name=one.name, owned=True, labels={labels.ROLE: "secrets", labels.SERVICE: one.service})
        for one in desired.secret_volumes
    ]
    return Observed(
        engine=ENGINE,
        containers=(*running, *records),
        networks=tuple(
            Network(id=one.key, name=one.name, owned=True, labels={**own, labels.SPEC: network_document(one)})
            for one in desired.networks
        ),
        volumes=(
            Volume(name=key_volume("shop-prod"), owned=True, labels={labels.ROLE: "key"}),
            *secrets,
            *(
                Volume(name=one.name, owned=True, labels={labels.SPEC: volume_document(one)})
                for one in desired.volumes
            ),
        ),
        images={spec.image: f"sha256:{spec.image}" for spec in desired.services},
    )


DISTURBED = st.sampled_from(
    [
        {},
        {"state": "exited", "exit_code": 137},
        {"state": "paused"},
        {"restart": "always"},
        {"cpus": 2.0},
        {"cpus": 0.25},
        {"networks": ()},
        {"spec": None},
        {"health": "unhealthy"},
        {"image_id": "sha256:other"},
        {"service": "gone"},
        {"name": "0123456789ab_shop-prod-a-1"},
        {"job": None},
    ]
)
STRANGER = Foreign(
    name="shop-prod-a-1",
    ports=(HostPort(host_ip="0.0.0.0", host_port=80, container_port=80, protocol="tcp"),),
    networks=("shop-prod_old",),
    volumes=(),
    compose_project=None,
)


@st.composite
def disturbed(draw: st.DrawFn, observed: Observed) -> Observed:
    """The same world after someone has been at it by hand."""
    kept = [replace(one, **draw(DISTURBED)) for one in observed.containers if draw(st.integers(0, 4))]
    old = Network(id="old", name="shop-prod_old", owned=draw(st.booleans()))
    return replace(
        observed,
        containers=tuple(kept),
        networks=(*(one for one in observed.networks if draw(st.booleans())), old),
        volumes=tuple(one for one in observed.volumes if draw(st.booleans())),
        images=observed.images if draw(st.booleans()) else {},
        foreign=draw(st.sampled_from([(), (STRANGER,), (STRANGER, replace(STRANGER, name="x"))])),
    )


def mixed(value: Any) -> Any:
    """JSON values with every table's keys the other way round."""
    if isinstance(value, Mapping):
        return {key: mixed(value[key]) for key in reversed(list(value))}
    return value


@st.composite
def shuffled(draw: st.DrawFn, observed: Observed) -> Observed:
    """The same world as another list call might tell it."""
    return replace(
        observed,
        containers=tuple(
            replace(one, spec=mixed(one.spec), job=mixed(one.job), labels=mixed(one.labels))
            for one in draw(st.permutations(observed.containers))
        ),
        networks=tuple(draw(st.permutations(observed.networks))),
        volumes=tuple(draw(st.permutations(observed.volumes))),
        foreign=tuple(draw(st.permutations(observed.foreign))),
        images=mixed(observed.images),
    )


def is_ordered(plan: Plan) -> bool:
    """Whether every operation has an id of its own and waits only for what stands before it."""
    seen: set[str] = set()
    for operation in plan.operations:
        if operation.id in seen or not set(operation.after) <= seen:
            return False
        seen.add(operation.id)
    return True


VALUED = st.fixed_dictionaries({}, optional=dict.fromkeys(SECRETS, VALUES))


@given(services(), services(), VALUED, VALUED, st.data())
def test_one_plan_for_one_meaning(
    before: tuple[Service, ...],
    after: tuple[Service, ...],
    old: dict[str, str],
    new: dict[str, str],
    data: st.DataObject,
) -> None:
    observed = data.draw(disturbed(world(compiled(before, old))))
    desired = compiled(after, new)
    plan = reconcile(desired, observed)
    assert is_ordered(plan)
    again = reconcile(desired, data.draw(shuffled(observed)))
    assert plan_json(again) == plan_json(plan)
    for text in (plan_json(plan), plan_text(plan, width=60), repr(desired), repr(plan)):
        assert not [value for value in (*old.values(), *new.values()) if value in text]


@given(services(), VALUED, st.data())
def test_what_is_as_declared_has_an_empty_plan(
    made: tuple[Service, ...], values: dict[str, str], data: st.DataObject
) -> None:
    desired = compiled(made, values)
    observed = data.draw(shuffled(world(desired)))
    plan = reconcile(desired, observed)
    assert plan.operations == ()
    assert plan.problems == ()
    assert sorted(plan.unchanged) == sorted(f"service.{one.name}" for one in made)
    # Who has no values at hand (a pull request's job, say) sees the same.
    assert reconcile(compiled(made, {}), observed).operations == ()
