"""Two servers never run on one database's data, whatever becomes of the services that they were."""

from __future__ import annotations

import subprocess
import sys
import time

from project import Project, docker

DATABASE = """
[services.{name}]
image = "postgres:17"
volumes = ["data:/var/lib/postgresql/data"]
secrets = {{ POSTGRES_PASSWORD = {{ as = "file" }} }}
"""


def rows(project: Project, service: str) -> str:
    """What a table holds that only the first server made."""
    container = project.container(service)["Id"]
    query = "create table if not exists told (word text); select count(*) from told"
    return docker("exec", container, "psql", "-qtAU", "postgres", "-c", query)


def test_a_database_under_another_name_starts_when_the_old_one_has_stopped(project: Project) -> None:
    project.environ["POSTGRES_PASSWORD"] = "x"
    project.manifest(DATABASE.format(name="db"))
    project.apply()
    assert rows(project, "db") == "0"
    docker(
        "exec",
        project.container("db")["Id"],
        *("psql", "-qU", "postgres", "-c", "insert into told select 'x' from generate_series(1, 1000)"),
    )
    project.manifest(DATABASE.format(name="aaa"))
    steps = [one for one in project.changes() if one.startswith("service.")]
    assert steps == ["service.db/remove", "service.aaa/create"]
    with project.events() as events:
        project.apply()
    told = [
        (one["Actor"]["Attributes"].get("com.docker.compose.service"), one["Action"])
        for one in events
        if one["Type"] == "container" and one["Action"] in ("start", "die")
    ]
    served = [one for one in told if one[0] in ("db", "aaa")]
    assert served == [("db", "die"), ("aaa", "start")]
    assert rows(project, "aaa") == "1000"
    log = docker("logs", project.container("aaa")["Id"])
    assert "not properly shut down" not in log
    assert project.changes() == []


def test_somebody_elses_server_on_the_data_is_refused(project: Project) -> None:
    project.environ["POSTGRES_PASSWORD"] = "x"
    volume = f"{project.name}-theirs"
    docker("volume", "create", "--label", f"shipyard.project={project.name}", volume)
    stranger = docker(
        *("run", "-d", "-v", f"{volume}:/var/lib/postgresql/data", "-e", "POSTGRES_PASSWORD=x"),
        *("postgres:17",),
    )
    try:
        project.manifest(f'{DATABASE.format(name="db")}[volumes.data]\nname = "{volume}"\nexternal = true\n')
        (problem,) = project.plan(code=1)["problems"]
        assert f"runs with {volume}" in problem["title"]
        assert "nothing was touched" in project.apply(code=1).stderr
        deadline = time.monotonic() + 30
        while "ready to accept" not in docker("logs", stranger) and time.monotonic() < deadline:
            time.sleep(0.2)
        docker("stop", stranger)
        project.apply()
    finally:
        docker("rm", "-f", "-v", stranger)
        project.run("down", "--yes", code=None)
        docker("volume", "rm", volume)


def test_a_server_that_comes_between_is_noticed(project: Project) -> None:
    """What the plan knew may be minutes old when it comes to a database."""
    volume = f"{project.name}-theirs"
    docker("volume", "create", volume)
    project.manifest(f"""
        [services.slow]
        image = "redis:7"
        command = ["sh", "-c", "sleep 4; exec redis-server"]
        [services.db]
        image = "redis:7"
        volumes = ["data:/data"]
        needs = ["slow"]
        [volumes.data]
        name = "{volume}"
        external = true
    """)
    stranger = ""
    applying = subprocess.Popen(
        [sys.executable, "-m", "shipyard", "apply", "--yes"],
        cwd=project.root,
        env=project.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not project.ids():
            assert applying.poll() is None
            time.sleep(0.1)
        stranger = docker("run", "-d", "-v", f"{volume}:/data", "redis:7")
        _, told = applying.communicate(timeout=60)
        assert applying.returncode == 6, told
        assert f"runs with {volume}, where db keeps its data" in told
        assert len(project.ids()) == 1
    finally:
        applying.kill()
        applying.communicate()
        if stranger:
            docker("rm", "-f", "-v", stranger)
        project.run("down", "--yes", code=None)
        docker("volume", "rm", volume)
