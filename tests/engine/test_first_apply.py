"""A first apply, and one that has nothing to do."""

from __future__ import annotations

import json

from project import Project, docker


def test_a_first_apply_ends_healthy_and_the_next_has_nothing_to_do(project: Project) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        volumes = ["data:/data"]
    """)
    assert project.changes() == ["network.default/create", "volume.data/create", "service.cache/create"]
    done = project.apply()
    assert "healthy" in done.stdout
    assert project.container("cache")["State"]["Health"]["Status"] == "healthy"
    assert project.changes() == []
    before = project.container("cache")
    with project.events() as events:
        again = project.apply()
    assert events == []
    assert project.container("cache")["Id"] == before["Id"]
    assert "othing to do" in again.stdout


def test_new_services_that_need_nothing_of_each_other_become_healthy_side_by_side(project: Project) -> None:
    """Without a check each has to stay up for 5 s: one after the other that is 20."""
    lone = '[services.{0}]\nimage = "redis:7"\nhealth = false\n'
    project.manifest("".join(map(lone.format, "abcd")) + '[services.last]\nlike = "a"\nneeds = ["a", "d"]\n')
    lines = [json.loads(line) for line in project.apply("--format", "json").stdout.splitlines()]
    told = [(line["event"], line.get("id")) for line in lines]
    first = [f"service.{name}/create" for name in "abcd"]
    *_, a, b, c, d, last = (one for event, one in told if event == "started")
    assert [a, b, c, d] == first
    assert told.index(("started", d)) < told.index(("ended", a))
    assert told.index(("ended", d)) < told.index(("started", last))
    taken = {line["id"]: line["seconds"] for line in lines if line["event"] == "ended"}
    assert min(taken[one] for one in first) >= 5
    assert lines[-1]["seconds"] - taken[last] < 20
    assert project.changes() == []


def test_planning_writes_nothing(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    with project.events() as events:
        project.plan()
        project.run("status")
        project.run("explain")
        project.run("config")
    assert events == []
    assert docker("network", "ls", "-q", "--filter", f"name={project.name}") == ""
