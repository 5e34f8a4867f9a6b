"""A release that does not work, applied again and again: what serves goes on serving, until one works."""

from __future__ import annotations

import pytest
from project import Project, docker, until

MANIFEST = """
    [services.cache]
    image = "redis:7"
    replicas = 2
    rollout = "{rollout}"
    command = ["sh", "-c", "test {works} = yes && touch /tmp/works; exec redis-server"]
    [services.cache.health]
    command = ["sh", "-c", "test -e /tmp/works || test -e /tmp/mended"]
    interval = "1s"
    retries = 1
    start_period = "1s"
"""
ROLLOUTS = ("start-first", "stop-first")


def serving(project: Project) -> set[str]:
    """Ids of the healthy ones."""
    return set(project.ids("health=healthy"))


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_what_serves_goes_on_serving(project: Project, rollout: str) -> None:
    project.manifest(MANIFEST.format(rollout=rollout, works="yes"))
    project.apply()
    before = serving(project)
    assert len(before) == 2
    project.manifest(MANIFEST.format(rollout=rollout, works="no"))
    project.apply(code=6)
    left = before & serving(project)
    assert len(left) == (2 if rollout == "start-first" else 1)
    for _ in range(2):
        project.apply(code=6)
        assert left <= serving(project), "an apply of what does not work took down what did"
    # The release before is back at once, and nothing that served has stopped.
    project.manifest(MANIFEST.format(rollout=rollout, works="yes"))
    project.apply()
    assert left <= serving(project)
    assert len(project.ids()) == len(serving(project)) == 2
    assert project.changes() == []


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_a_mended_release_replaces_one_that_never_worked(project: Project, rollout: str) -> None:
    project.manifest(MANIFEST.format(rollout=rollout, works="no"))
    project.apply(code=6)
    broken = set(project.ids())
    project.manifest(MANIFEST.format(rollout=rollout, works="yes"))
    project.apply()
    assert not broken & set(project.ids())
    assert len(serving(project)) == 2
    assert project.changes() == []


def test_a_release_that_became_healthy_meanwhile_is_gone_on_with(project: Project) -> None:
    project.manifest(MANIFEST.format(rollout="start-first", works="yes"))
    project.apply()
    before = serving(project)
    project.manifest(MANIFEST.format(rollout="start-first", works="no"))
    project.apply(code=6)
    new = set(project.ids()) - before
    assert project.changes() == ["service.cache/replace"]
    for one in new:
        docker("exec", one, "touch", "/tmp/mended")
    until(lambda: new <= serving(project))
    with project.events() as events:
        project.apply()
    assert {event["Action"] for event in events if event["Type"] == "container"} & {
        "create",
        "start",
    } == set()
    assert set(project.ids()) == serving(project) == new


def test_an_image_that_does_not_work_goes_to_no_other_service(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY works /works\n")
    project.write("works", "yes\n")
    project.manifest("""
        [services.web]
        build = { dockerfile = "Dockerfile" }
        command = ["redis-server"]
        [services.web.health]
        command = ["grep", "yes", "/works"]
        interval = "1s"
        retries = 1
        start_period = "1s"
        [services.worker]
        like = "web"
        command = ["sleep", "86400"]
        stop_timeout = "1s"
    """)
    project.apply()
    worker = project.container("worker")["Id"]
    project.write("works", "no\n")
    for _ in range(2):
        assert "web-1 is unhealthy" in project.apply(code=6 if _ == 0 else None).stderr
        assert project.container("worker")["Id"] == worker
    project.write("works", "yes, again\n")
    project.apply()
    assert project.container("worker")["Id"] != worker


def test_that_nothing_serves_any_more_is_said(project: Project) -> None:
    one = MANIFEST.replace("replicas = 2", "replicas = 1")
    project.manifest(one.format(rollout="stop-first", works="yes"))
    project.apply()
    project.manifest(one.format(rollout="stop-first", works="no"))
    assert "note: cache: it does not serve now" in project.apply(code=6).stderr
    assert serving(project) == set()
    project.manifest(one.format(rollout="start-first", works="yes"))
    project.apply()
    project.manifest(one.format(rollout="start-first", works="no"))
    assert "does not serve now" not in project.apply(code=6).stderr
    assert len(serving(project)) == 1
