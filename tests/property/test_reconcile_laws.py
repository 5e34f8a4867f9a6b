"""Whatever is declared, whatever runs and whatever was done to it: what holds for every plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from property.by_hand import disturbed, shuffled
from property.carried_out import carried_out
from property.deployments import KEY_VOLUME, VALUED, Deployment, compiled, deployments, edited
from property.worlds import made_network, made_volume, world

from shipyard.compile import labels
from shipyard.manifest.sharing import shared_services
from shipyard.model import plan as plans
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Plan
from shipyard.reconcile.reconcile import reconcile
from shipyard.reconcile.teardown import teardown
from shipyard.render.document import plan_json
from shipyard.render.text import plan_text

NEW_KEY = "a1" * 32
LAWS = settings(
    max_examples=settings.default.max_examples * (5 if settings.default.max_examples > 100 else 1)
)
"""Thousands where the longer tests run."""
ALL_VALUES = {"PASSWORD": "first", "TOKEN": "second"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is declared and what runs; `key` digests the secrets."""

    desired: Desired
    observed: Observed
    key: str

    @property
    def plan(self) -> Plan:
        return reconcile(self.desired, self.observed)


def looked(made: Deployment, observed: Observed, values: dict[str, str]) -> Scene:
    """As a command begins: the key is the recorded one, or a new one."""
    found = next((one.labels[labels.KEY] for one in observed.volumes if one.name == KEY_VOLUME), NEW_KEY)
    return Scene(desired=compiled(made, values, found), observed=observed, key=found)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """What was applied, was edited, and was disturbed."""
    before = draw(deployments())
    after = draw(edited(before)) if draw(st.integers(0, 3)) else before
    observed = world(compiled(before, ALL_VALUES))
    if draw(st.integers(0, 4)):
        observed = draw(disturbed(observed))
    values = {**ALL_VALUES, "TOKEN": draw(st.sampled_from(["second", "third"]))}
    return looked(after, observed, values)


def cleared(scene: Scene) -> Scene:
    """The same after people have mended what a plan's problems name."""
    desired, observed = scene.desired, scene.observed
    networks = {one.name: one for one in observed.networks}
    for network in desired.networks:
        if network.external or (network.name in networks and not networks[network.name].owned):
            networks[network.name] = networks.get(network.name) or made_network(network, f"id {network.name}")
            networks[network.name] = replace(networks[network.name], owned=not network.external)
    volumes = {one.name: one for one in observed.volumes}
    for volume in desired.volumes:
        if volume.external or volume.name in volumes:
            volumes[volume.name] = made_volume(volume)
    there = replace(
        observed,
        networks=tuple(networks.values()),
        volumes=tuple(volumes.values()),
        foreign=(),
        listening=(),
    )
    return replace(scene, observed=there)


@LAWS
@given(scenes())
def test_a_plan_carried_out_leaves_nothing_to_do(scene: Scene) -> None:
    if scene.plan.problems:
        scene = cleared(scene)
    plan = scene.plan
    assert plan.problems == ()
    after = carried_out(plan, scene.desired, scene.observed, scene.key)
    left = reconcile(scene.desired, after)
    assert left.operations == ()
    assert left.problems == ()


@LAWS
@given(scenes(), st.data())
def test_an_apply_that_stopped_is_gone_on_with(scene: Scene, data: st.DataObject) -> None:
    scene = cleared(scene)
    plan = scene.plan
    done = data.draw(st.integers(0, len(plan.operations)))
    between = carried_out(plan, scene.desired, scene.observed, scene.key, done)
    rest = reconcile(scene.desired, between)
    after = carried_out(rest, scene.desired, between, scene.key)
    assert reconcile(scene.desired, after).operations == ()


@LAWS
@given(scenes())
def test_every_operation_stands_after_what_it_waits_for(scene: Scene) -> None:
    plan = scene.plan
    seen: dict[str, plans.Operation] = {}
    for operation in plan.operations:
        assert operation.id not in seen
        assert set(operation.after) <= seen.keys()
        seen[operation.id] = operation
    before = {operation.id: _all_before(operation, seen) for operation in plan.operations}
    made = [one for one in plan.operations if isinstance(one, MAKERS)]
    resources = [one for one in plan.operations if one.action == "create" and isinstance(one, STORAGE)]
    for maker in made:
        spec = scene.desired.service(maker.name)
        images = [one for one in plan.operations if getattr(one, "reference", None) == spec.image]
        mends = [one for one in plan.operations if isinstance(one, plans.MendService)]
        waits = {*spec.needs, *shared_services(spec.compose).values()}
        needed = [one for one in made if one.name in waits]
        # Who lives in a service stops before that one is replaced.
        needed += [one for one in plan.operations if isinstance(one, REPAIRS) and one.name in waits]
        jobs = [one for one in made if isinstance(one, plans.RunJob) and one.name in (spec.name, spec.like)]
        jobs = [] if isinstance(maker, plans.RunJob) else jobs
        for other in (*images, *resources, *mends, *needed, *jobs):
            assert other.id in before[maker.id], f"{maker.id} does not wait for {other.id}"


MAKERS = (plans.CreateService, plans.ReplaceService, plans.ScaleService, plans.RunJob)
STORAGE = (plans.CreateNetwork, plans.CreateVolume, plans.CreateKey, plans.CreateSecret)
REPAIRS = (plans.StartService, plans.UnpauseService, plans.ConnectService, plans.UpdateService)


def _all_before(operation: plans.Operation, seen: dict[str, plans.Operation]) -> set[str]:
    """The ids of all that an operation waits for, directly or not."""
    found: set[str] = set()
    pending = list(operation.after)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += seen[one].after
    return found


@LAWS
@given(scenes())
def test_nothing_that_is_not_owned_is_touched(scene: Scene) -> None:
    observed = scene.observed
    containers = {one.id for one in observed.containers}
    networks = {one.id for one in observed.networks if one.owned}
    volumes = {one.name for one in observed.volumes if one.owned}
    strangers = {one.name for one in observed.foreign}
    own = {one.name for one in observed.containers}
    for operation in scene.plan.operations:
        for field, ids in _named(operation):
            if field == "network":
                assert ids <= networks
            elif field == "volume" and not isinstance(operation, plans.CreateSecret):
                assert ids <= volumes
            elif field == "names":
                assert not ids & strangers
            elif field != "volume":
                assert ids <= containers
        # A volume that anyone declared, or that holds anything but secret files, stays.
        assert not isinstance(operation, plans.RemoveVolume)
        if isinstance(operation, plans.RemoveSecret):
            volume = next(one for one in observed.volumes if one.name == operation.volume)
            assert volume.labels[labels.ROLE] == "secrets"
    assert not own & strangers


def _named(operation: plans.Operation) -> Iterator[tuple[str, set[str]]]:
    """What an operation names by id or name, by the field that holds it."""
    for field in ("containers", "removed", "records", "carried", "remove"):
        yield field, set(getattr(operation, field, ()))
    for field in ("links", "unlinks"):
        yield field, {container for container, _ in getattr(operation, field, ())}
    for field in ("network", "volume"):
        found = getattr(operation, field, None)
        yield field, {found} if found is not None else set()
    yield "rename", {container for container, _ in getattr(operation, "rename", ())}
    yield "names", {name for _, name in getattr(operation, "rename", ())}


@LAWS
@given(scenes())
def test_what_is_not_destructive_removes_nothing(scene: Scene) -> None:
    scene = cleared(scene)
    plan = scene.plan
    after = carried_out(plan, scene.desired, scene.observed, scene.key)
    kept = {one.name for one in after.volumes}
    lost = [one for one in scene.observed.volumes if one.name not in kept]
    assert {one.labels.get(labels.ROLE) for one in lost} <= set(PASSING)
    if not any(operation.destructive for operation in plan.operations):
        was = {spec.was: spec.name for spec in scene.desired.services}
        ran = {was.get(one.service, one.service) for one in scene.observed.containers if not one.one_off}
        assert ran <= {one.service for one in after.containers if not one.one_off}


@LAWS
@given(scenes(), st.data())
def test_one_plan_for_one_meaning(scene: Scene, data: st.DataObject) -> None:
    plan = scene.plan
    again = reconcile(scene.desired, data.draw(shuffled(scene.observed)))
    assert plan_json(again) == plan_json(plan)


@LAWS
@given(deployments(), deployments(), VALUED, VALUED, st.data())
def test_no_value_of_a_secret_is_in_a_plan(
    before: Deployment, after: Deployment, old: dict[str, str], new: dict[str, str], data: st.DataObject
) -> None:
    observed = data.draw(disturbed(world(compiled(before, old))))
    desired = compiled(after, new)
    plan = reconcile(desired, observed)
    for text in (plan_json(plan), plan_text(plan, width=60), repr(desired), repr(plan)):
        assert not [value for value in (*old.values(), *new.values()) if value in text]


@LAWS
@given(deployments(), VALUED, st.data())
def test_what_is_as_declared_has_an_empty_plan(
    made: Deployment, values: dict[str, str], data: st.DataObject
) -> None:
    desired = compiled(made, values)
    observed = data.draw(shuffled(world(desired)))
    plan = reconcile(desired, observed)
    assert plan.operations == ()
    assert plan.problems == ()
    assert sorted(plan.unchanged) == sorted(f"service.{one.name}" for one in made.services)
    # Who has no values at hand (a pull request's job, say) sees the same.
    assert reconcile(compiled(made, {}), observed).operations == ()


@LAWS
@given(scenes())
def test_down_leaves_the_volumes(scene: Scene) -> None:
    observed = replace(scene.observed, foreign=())
    for volumes in (False, True):
        plan = teardown(scene.desired.manifest, observed, volumes=volumes)
        after = carried_out(plan, scene.desired, observed, scene.key)
        assert after.containers == ()
        assert [one for one in after.networks if one.owned] == []
        owned, left = (
            {one.name for one in seen.volumes if one.owned and one.labels.get(labels.ROLE) not in PASSING}
            for seen in (observed, after)
        )
        assert left == (set() if volumes else owned)


PASSING = ("secrets", "record")
"""Roles of volumes that hold nothing of the user's."""
