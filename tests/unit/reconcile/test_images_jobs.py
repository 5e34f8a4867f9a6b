"""Images are built or pulled with the cause, and before_deploy runs when it has to."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.manifest import Mount
from shipyard.model.observed import Volume
from shipyard.model.plan import (
    BuildImage,
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    PullImage,
    ReasonCause,
    RemoveRecords,
    RunJob,
)
from shipyard.model.record import replace
from shipyard.reconcile.drift import only_drift
from shipyard.reconcile.reconcile import reconcile

Shop = Any

FILES = {"app/views.py": "a" * 64, "app/urls.py": "b" * 64}
FACTS: dict[str, object] = {
    "python": "3.13",
    "install": "digest 1",
    "dependencies": {"django": "5.2", "psycopg": "3.2"},
}


def built(shop: Shop, tag: str, **inputs: Any) -> Any:
    web = shop.service("web", image=f"shop/web:{tag}", built="web")
    return shop.desired(web, images=(shop.build(tag=tag, **{"facts": FACTS, "files": FILES, **inputs}),))


@pytest.mark.parametrize(
    ("inputs", "causes"),
    [
        (
            {"files": {"app/views.py": "c" * 64, "app/new.py": "d" * 64}},
            (
                FilesCause(
                    changed=("app/views.py",),
                    added=("app/new.py",),
                    removed=("app/urls.py",),
                ),
            ),
        ),
        (
            {"facts": {**FACTS, "python": "3.14"}},
            (FieldCause(path="build.python", before="3.13", after="3.14"),),
        ),
        (
            {"facts": {**FACTS, "static": True}},
            (FieldCause(path="build.static", before=None, after=True),),
        ),
        (
            # The digest of the install says nothing that the versions do not say better.
            {"facts": {**FACTS, "install": "digest 2", "dependencies": {"django": "6.0", "psycopg": "3.2"}}},
            (FieldCause(path="build.dependencies.django", before="5.2", after="6.0"),),
        ),
        (
            {"facts": {**FACTS, "install": "digest 2"}},
            (FieldCause(path="build.install", before="digest 1", after="digest 2"),),
        ),
    ],
)
def test_why_an_image_is_built(shop: Shop, inputs: dict[str, Any], causes: tuple[object, ...]) -> None:
    plan = reconcile(built(shop, "in-2", **inputs), shop.world(built(shop, "in-1")))
    assert plan.operations[0] == BuildImage(address="image.web", causes=causes, reference="shop/web:in-2")
    assert plan.operations[1].after == ("image.web/build",)


@pytest.mark.parametrize("label", [None, "", "{", "[]", '{"facts": {}}', '{"facts": 1, "files": 2}'])
def test_an_image_without_readable_inputs(shop: Shop, label: str | None) -> None:
    world = shop.world(built(shop, "in-1"))
    observed = shop.change(world, "web1", labels={} if label is None else {"shipyard.inputs": label})
    text = "no image of it yet" if label is None else "its image is gone from the engine"
    reason = "new" if label is None else "missing"
    plan = reconcile(built(shop, "in-2"), observed)
    assert plan.operations[0].causes == (ReasonCause(reason=reason, text=text),)


def test_an_image_is_missed_only_when_a_container_is_made(shop: Shop) -> None:
    desired = built(shop, "in-1")
    gone = replace(shop.world(desired), images={})
    assert shop.ids(desired, gone) == []
    plan = reconcile(desired, replace(gone, containers=()))
    assert [one.id for one in plan.operations] == ["image.web/build", "service.web/create"]
    changed = replace(desired.services[0], command=("new",))
    build, recreate = reconcile(replace(desired, services=(changed,)), gone).operations
    assert build.causes == (ReasonCause(reason="missing", text="its image is gone from the engine"),)
    assert recreate.causes == (FieldCause(path="command", before=None, after=("new",)),)


def test_an_image_that_is_there_is_not_built(shop: Shop) -> None:
    desired = built(shop, "in-2")
    observed = replace(shop.world(built(shop, "in-1")), images={"shop/web:in-2": "sha256:2"})
    assert shop.only(desired, observed).causes == (
        ImageCause(by=None, before="shop/web:in-1", after="shop/web:in-2"),
    )


@pytest.mark.parametrize(
    ("reference", "listed"),
    [
        ("redis", "redis:latest"),
        ("docker.io/library/redis:7", "redis:7"),
        ("ghcr.example.com/acme/app:1", "ghcr.example.com/acme/app:1"),
        ("redis@sha256:" + "a" * 64, "redis@sha256:" + "a" * 64),
        ("redis:7@sha256:" + "a" * 64, "redis@sha256:" + "a" * 64),
    ],
)
def test_an_image_is_pulled_when_it_is_not_there(shop: Shop, reference: str, listed: str) -> None:
    desired = shop.desired(shop.service("cache", image=reference))
    there = replace(shop.empty(), images={listed: "sha256:1"})
    assert "image.cache/pull" not in shop.ids(desired, there)
    pull = reconcile(desired, shop.empty()).operations[0]
    cause = ReasonCause(reason="missing", text="not on the engine")
    assert pull == PullImage(address="image.cache", causes=(cause,), reference=reference)


def test_one_image_of_two_services_is_pulled_once(shop: Shop) -> None:
    desired = shop.desired(shop.service("one", image="redis:7"), shop.service("two", image="redis:7"))
    assert shop.ids(desired, shop.empty())[:2] == ["image.one/pull", "network.default/create"]


def jobs(plan: Any) -> list[RunJob]:
    return [one for one in plan.operations if isinstance(one, RunJob)]


def test_a_first_run(shop: Shop) -> None:
    (job,) = jobs(reconcile(shop.with_job(), shop.empty()))
    assert job.causes == (ReasonCause(reason="first-run", text="has not run yet"),)
    assert (job.command, job.records) == (("migrate",), ())


RAN = "2026-01-01T10:00:00.5Z"


@pytest.mark.parametrize(
    ("created", "applied", "told", "is_drift"),
    [
        ("2026-01-01T10:00:00Z", True, None, False),
        ("2026-01-01T11:30:00+02:00", True, None, False),
        ("", True, None, False),
        ("2026-01-01T10:00:01Z", True, "data of db was made anew since it ran", True),
        ("2026-01-01T11:00:01+01:00", True, "data of db was made anew since it ran", True),
        (None, True, "data of db starts empty", True),
        (None, False, "data of db starts empty", False),
    ],
)
def test_data_that_it_did_not_run_on(
    shop: Shop, created: str | None, applied: bool, told: str | None, is_drift: bool
) -> None:
    """A schema that was in a volume is gone with it, though the image is the same."""
    declared = shop.with_job()
    web, worker = declared.services
    mount = Mount(kind="volume", source="shop-prod_data", target="/data")
    db = shop.service("db", image="postgres:17", volumes=(mount,))
    queue = shop.service("queue", needs=("db",))
    desired = replace(
        declared, services=(db, queue, replace(web, needs=("queue",)), worker), volumes=(shop.volume(),)
    )
    world = shop.change(shop.world(desired), "web-job", started_at=RAN)
    marks = {"shipyard.role": "record", "shipyard.replicas": '{"db": 1}' if applied else "{}"}
    world = replace(
        world,
        # A volume is removed with what mounts it.
        containers=tuple(one for one in world.containers if one.service != "db" or created is not None),
        volumes=(
            *(
                replace(one, created=created or "") if one.name == mount.source else one
                for one in world.volumes
                if one.name != mount.source or created is not None
            ),
            Volume(name="shop-prod_shipyard-record-1", owned=True, labels=marks),
        ),
    )
    plan = reconcile(desired, world)
    runs = jobs(plan)
    assert [[one.text for one in run.causes if isinstance(one, ReasonCause)] for run in runs] == (
        [[told]] if told else []
    )
    assert [one.records for one in runs] == ([("web-job",)] if told else [])
    assert bool(jobs(only_drift(plan))) == is_drift


@pytest.mark.parametrize("image", ["web:1", "web@sha256:" + "a" * 64])
def test_it_runs_again_in_an_image_whose_tag_was_moved(shop: Shop, image: str) -> None:
    """Pulled by hand: the new code is not to meet the old schema."""
    web = shop.service("web", image=image)
    desired = shop.desired(web, jobs=(shop.job(web, "migrate"),))
    world = shop.world(desired)
    assert jobs(reconcile(desired, world)) == []
    moved = shop.change(world, "web-job", image_id="sha256:0123456789abcdef")
    (run,) = jobs(reconcile(desired, moved))
    now = world.images[image].removeprefix("sha256:")[:12]
    assert run.causes == (DriftCause(path="image", declared=now, found="0123456789ab"),)
    assert run.records == run.outlived == ("web-job",)
    # What is not there is pulled under the same name: nobody knows yet.
    assert jobs(reconcile(desired, replace(moved, images={}))) == []


def test_the_same_document_does_not_run_again(shop: Shop) -> None:
    desired = shop.with_job()
    world = shop.world(desired)
    assert shop.ids(desired, world) == []
    # Nor when the last run was of another version and an earlier one of this.
    older = shop.record(shop.with_job("in-0").jobs[0], id="older")
    assert shop.ids(desired, replace(world, containers=(*world.containers, older))) == ["job.web/remove"]


def test_the_record_of_a_command_that_is_no_longer_declared_goes(shop: Shop) -> None:
    desired = shop.with_job()
    operation = shop.only(replace(desired, jobs=()), shop.world(desired))
    assert operation == RemoveRecords(
        address="job.web",
        causes=(ReasonCause(reason="removed", text="no longer declared"),),
        containers=("web-job",),
    )
    assert not operation.destructive
    # One that still runs is left to its end.
    running = shop.change(shop.world(desired), "web-job", state="running")
    assert shop.ids(replace(desired, jobs=()), running) == []
    # Declared, it is waited for, which the plan says.
    (note,) = [one for one in reconcile(desired, running).notes if "before_deploy" in one]
    assert note == (
        "web: before_deploy of an earlier apply still runs (shop-prod-web-before-deploy-1) and is waited for"
    )
    assert not any("before_deploy" in one for one in reconcile(desired, shop.world(desired)).notes)


def test_only_the_last_success_is_a_record(shop: Shop) -> None:
    """An earlier one, left by an interrupted run, would keep its command from running again."""
    desired = shop.with_job("in-2")
    world = shop.world(desired)
    earlier = shop.record(shop.with_job("in-1").jobs[0], id="earlier")
    operation = shop.only(desired, replace(world, containers=(*world.containers, earlier)))
    assert isinstance(operation, RemoveRecords)
    assert operation.containers == ("earlier",)
    assert operation.causes == (
        ReasonCause(reason="interrupted", text="left over: a run that succeeded covers what is declared"),
    )


def test_a_record_that_a_later_run_stands_for_is_removed(shop: Shop) -> None:
    """An apply that was killed after the run did not come to it."""
    desired = shop.with_job()
    world = shop.change(shop.world(desired), "web-job", started_at="2026-01-02T00:00:00.5Z")
    earlier = shop.with_job("in-0").jobs[0]
    records = (
        shop.record(earlier, id="ended", started_at="2026-01-02T00:00:00.123Z"),
        shop.record(earlier, id="never", started_at="0001-01-01T00:00:00Z", state="created"),
        shop.record(earlier, id="runs", started_at="2026-01-01T00:00:00Z", state="running"),
        shop.record(earlier, id="later", started_at="2026-01-02T00:00:00.51Z", exit_code=1),
    )
    spent = shop.only(desired, replace(world, containers=(*world.containers, *records)))
    assert (spent.id, set(spent.containers)) == ("job.web/remove", {"ended", "never", "later"})
    assert {cause.reason for cause in spent.causes} == {"interrupted"}


def test_it_runs_for_a_new_image_before_everyone_who_shares_it(shop: Shop) -> None:
    plan = reconcile(shop.with_job("in-2"), shop.world(shop.with_job("in-1")))
    assert [one.id for one in plan.operations] == [
        "image.web/build",
        "job.web/run",
        "service.web/replace",
        "service.worker/replace",
    ]
    (job,) = jobs(plan)
    assert job.causes == (ImageCause(by=None),)
    assert job.records == ("web-job",)
    after = {one.id: one.after for one in plan.operations}
    assert after["job.web/run"] == ("image.web/build",)
    assert after["service.web/replace"] == ("job.web/run",)
    assert after["service.worker/replace"] == ("image.web/build", "job.web/run")


def test_it_runs_for_a_new_command_alone(shop: Shop) -> None:
    plan = reconcile(shop.with_job("in-1", "migrate", "--check"), shop.world(shop.with_job("in-1")))
    assert [one.id for one in plan.operations] == ["job.web/run"]
    assert jobs(plan)[0].causes == (
        FieldCause(path="command", before=("migrate",), after=("migrate", "--check")),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "exited", "exit_code": 1},
        {"state": "running"},
        {"state": "created"},
        {"state": "dead"},
    ],
)
def test_a_run_that_did_not_succeed_is_repeated(shop: Shop, fields: dict[str, Any]) -> None:
    desired = shop.with_job()
    (job,) = jobs(reconcile(desired, shop.change(shop.world(desired), "web-job", **fields)))
    why = "has not ended yet" if fields["state"] == "running" else "did not succeed"
    assert job.causes == (ReasonCause(reason="missing", text=f"the last run {why}"),)
    # What still runs is waited for: it has to be named.
    assert job.records == ("web-job",)


def test_a_failed_run_after_a_success_of_another_version(shop: Shop) -> None:
    desired = shop.with_job("in-2")
    failed = shop.record(desired.jobs[0], id="failed", exit_code=1)
    world = shop.world(shop.with_job("in-1"))
    (job,) = jobs(reconcile(desired, replace(world, containers=(*world.containers, failed))))
    assert job.causes == (ImageCause(by=None),)
    assert set(job.records) == {"web-job", "failed"}


def test_a_secret_without_a_value_here_does_not_run_it(shop: Shop) -> None:
    web = shop.service("web", secrets={"TOKEN": "d1"})
    before = shop.desired(web, jobs=(shop.job(web, "migrate"),))
    unknown = replace(web, secrets={"TOKEN": None})
    after = shop.desired(unknown, jobs=(shop.job(unknown, "migrate"),))
    assert shop.ids(after, shop.world(before)) == []
    changed = replace(web, secrets={"TOKEN": "d2"})
    after = shop.desired(changed, jobs=(shop.job(changed, "migrate"),))
    assert shop.ids(after, shop.world(before)) == ["job.web/run", "service.web/replace"]


@pytest.mark.parametrize("fields", [{"replicas": 2}, {"restart": "always"}, {"memory": 512}])
def test_it_does_not_run_for_what_it_does_not_see(shop: Shop, fields: dict[str, Any]) -> None:
    web = shop.service("web")
    before = shop.desired(web, jobs=(shop.job(web, "migrate"),))
    larger = replace(web, **fields)
    after = shop.desired(larger, jobs=(shop.job(larger, "migrate"),))
    assert jobs(reconcile(after, shop.world(before))) == []


def test_a_job_needs_its_image(shop: Shop) -> None:
    desired = shop.with_job("in-1", "other")
    observed = replace(shop.world(shop.with_job("in-1")), images={})
    plan = reconcile(desired, observed)
    assert [one.id for one in plan.operations] == ["image.web/build", "job.web/run"]
    assert plan.operations[1].after == ("image.web/build",)
