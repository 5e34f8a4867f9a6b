"""Whatever is declared, whatever runs and whatever was done to it: what holds for every plan."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from property.by_hand import disturbed, shuffled
from property.carried_out import carried_out
from property.deployments import SECRETS, compiled, edited, random_deployment
from property.scenes import ALL_VALUES, cleared, looked, scene_of
from property.worlds import world

from shipyard.compile import labels
from shipyard.compile.spec import service_document
from shipyard.manifest.sharing import host_services
from shipyard.model import plan as plans
from shipyard.model.record import replace
from shipyard.reconcile.reconcile import reconcile
from shipyard.reconcile.teardown import teardown
from shipyard.render.document import plan_json
from shipyard.render.text import plan_text

LONG = settings.default.max_examples > 100
LAWS = settings(
    max_examples=3000 if LONG else settings.default.max_examples,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""Thousands where the longer tests run. A smaller seed is no simpler case: nothing to shrink."""
SEEDS = st.integers(0, 2**32 - 1)
VALUES = st.text(st.sampled_from("QXZ!#@é"), min_size=8, max_size=12)
"""Texts that stand nowhere else in a plan."""
VALUED = st.fixed_dictionaries({}, optional=dict.fromkeys(SECRETS, VALUES))


@LAWS
@given(SEEDS)
def test_a_plan_carried_out_leaves_nothing_to_do(seed: int) -> None:
    scene = scene_of(random.Random(seed))
    plan = scene.plan
    if plan.problems:
        scene = cleared(scene)
        plan = scene.plan
    assert plan.problems == ()
    after = carried_out(plan, scene.desired, scene.observed, scene.key)
    left = reconcile(scene.desired, after)
    assert left.operations == ()
    assert left.problems == ()


@LAWS
@given(SEEDS)
def test_a_plan_carried_out_is_what_is_declared(seed: int) -> None:
    """Told without the reconciler: what runs, on what, and that nothing else is left."""
    scene = cleared(scene_of(random.Random(seed)))
    desired = scene.desired
    after = carried_out(scene.plan, desired, scene.observed, scene.key)
    services = [one for one in after.containers if not one.one_off]
    assert {one.service for one in after.containers} == {spec.name for spec in desired.services}
    for spec in desired.services:
        found = [one for one in services if one.service == spec.name]
        assert len(found) == spec.replicas
        declared = json.loads(json.dumps(service_document(spec)))
        assert all(one.spec in (declared, {"format": 99}) for one in found)
        assert all(one.state in ("running", "restarting", "exited") for one in found)
        assert all(one.exit_code == 0 for one in found if one.state == "exited")
        records = [one for one in after.containers if one.service == spec.name and one.job]
        assert len([one for one in records if one.state != "running"]) == len(
            [job for job in desired.jobs if job.service == spec.name]
        )
    used = {name for one in after.containers if one.state != "exited" for name in one.networks}
    owned = {one.name for one in after.networks if one.owned}
    assert owned <= used | {one.name for one in desired.networks}
    assert {one.name for one in desired.networks} <= {one.name for one in after.networks}
    mounted = {name for one in after.containers for name in one.volumes}
    secrets = {one.name for one in after.volumes if one.labels.get(labels.ROLE) == "secrets"}
    assert secrets <= mounted | {one.name for one in desired.secret_volumes}


@LAWS
@given(SEEDS)
def test_an_apply_that_stopped_is_gone_on_with(seed: int) -> None:
    rng = random.Random(seed)
    scene = cleared(scene_of(rng))
    plan = scene.plan
    done = rng.randint(0, len(plan.operations))
    between = carried_out(plan, scene.desired, scene.observed, scene.key, done)
    rest = reconcile(scene.desired, between)
    after = carried_out(rest, scene.desired, between, scene.key)
    assert reconcile(scene.desired, after).operations == ()


@LAWS
@given(SEEDS)
def test_every_operation_stands_after_what_it_waits_for(seed: int) -> None:
    scene = scene_of(random.Random(seed))
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
        waits = {*spec.needs, *host_services(spec.compose)}
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


@LAWS
@given(SEEDS)
def test_drift_is_told_whatever_else_changes(seed: int) -> None:
    """What a plan of the same manifest tells of a container's drift, a plan of an edited one tells too."""
    rng = random.Random(seed)
    before = random_deployment(rng)
    observed = disturbed(rng, world(compiled(before, ALL_VALUES)))
    alone = looked(before, observed, ALL_VALUES).plan
    plan = looked(edited(rng, before), observed, ALL_VALUES).plan
    # All who are on a network that is made anew are connected again.
    anew = {
        f"networks.shop-prod_{one.name}" for one in plan.operations if isinstance(one, plans.ReplaceNetwork)
    }
    for address in {one.address for one in alone.operations}:
        then, now = ([one for one in made.operations if one.address == address] for made in (alone, plan))
        if not now or any(_removes(one) for one in (*then, *now)):
            continue
        told = {cause for one in now for cause in _drift(one)}
        missing = {cause for one in then for cause in _drift(one)} - told
        assert not {one for one in missing if one.path not in anew}


def _drift(operation: plans.Operation) -> set[plans.DriftCause]:
    """That of one container, which its replacement takes away."""
    places = ("state", "restart", "networks.", "resources.", "compose.")
    causes = (one for one in operation.causes if isinstance(one, plans.DriftCause))
    return {one for one in causes if one.path.startswith(places)}


def _removes(operation: plans.Operation) -> bool:
    return isinstance(operation, plans.RemoveService) or bool(getattr(operation, "removed", ()))


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
@given(SEEDS)
def test_nothing_that_is_not_owned_is_touched(seed: int) -> None:
    scene = scene_of(random.Random(seed))
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
@given(SEEDS)
def test_what_is_not_destructive_removes_nothing(seed: int) -> None:
    scene = cleared(scene_of(random.Random(seed)))
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
@given(SEEDS)
def test_one_plan_for_one_meaning(seed: int) -> None:
    rng = random.Random(seed)
    scene = scene_of(rng)
    plan = scene.plan
    again = reconcile(scene.desired, shuffled(rng, scene.observed))
    assert plan_json(again) == plan_json(plan)


@LAWS
@given(SEEDS, VALUED, VALUED)
def test_no_value_of_a_secret_is_in_a_plan(seed: int, old: dict[str, str], new: dict[str, str]) -> None:
    rng = random.Random(seed)
    observed = disturbed(rng, world(compiled(random_deployment(rng), old)))
    desired = compiled(random_deployment(rng), new)
    plan = reconcile(desired, observed)
    for text in (plan_json(plan), plan_text(plan, width=60), repr(desired), repr(plan)):
        assert not [value for value in (*old.values(), *new.values()) if value in text]


@LAWS
@given(SEEDS, VALUED)
def test_what_is_as_declared_has_an_empty_plan(seed: int, values: dict[str, str]) -> None:
    rng = random.Random(seed)
    made = random_deployment(rng)
    desired = compiled(made, values)
    observed = shuffled(rng, world(desired))
    plan = reconcile(desired, observed)
    assert plan.operations == ()
    assert plan.problems == ()
    assert sorted(plan.unchanged) == sorted(f"service.{one.name}" for one in made.services)
    # Who has no values at hand (a pull request's job, say) sees the same.
    assert reconcile(compiled(made, {}), observed).operations == ()


@LAWS
@given(SEEDS)
def test_down_leaves_the_volumes(seed: int) -> None:
    scene = scene_of(random.Random(seed))
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
