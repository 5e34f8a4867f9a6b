"""A first apply, and one that has nothing to do."""

from __future__ import annotations

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


def test_planning_writes_nothing(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    with project.events() as events:
        project.plan()
        project.run("status")
        project.run("explain")
        project.run("config")
    assert events == []
    assert docker("network", "ls", "-q", "--filter", f"name={project.name}") == ""
