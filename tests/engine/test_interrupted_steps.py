"""Apply killed inside what takes long or has several steps: builds, before_deploy, secret files, networks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from killing import Apply, applying, at_event, descendants, of_container, settle, wait_for_end
from project import Project, docker, until
from remains import Remains, in_file

slow = pytest.mark.slow


def test_killed_while_a_build_runs(project: Project) -> None:
    project.write("app/Dockerfile", f"FROM python:3.13-slim\nRUN echo {project.name} && sleep 3\n")
    project.manifest("""
        [services.web]
        path = "app"
        build = { dockerfile = "app/Dockerfile" }
        command = ["sleep", "infinity"]
        health = { command = ["true"] }
    """)
    planned = project.changes()
    for kill in (Apply.kill, Apply.kill_alone):
        with applying(project) as apply:
            apply.read_until("started", "image.web/build")
            time.sleep(1)
            kill(apply)
        assert project.ids() == []
        assert project.changes() == planned
    project.apply()
    assert project.changes() == []
    Remains(project).expect({"web": 1}, {})


def test_told_to_end_it_says_what_is_done_and_gives_the_lease_back(project: Project) -> None:
    """A CI that cancels a job, and systemd, send SIGTERM."""
    project.manifest('[services.cache]\nimage = "redis:7"\nhealth = false\n')
    apply = Apply(project)
    apply.read_until("started", "service.cache/create")
    until(lambda: len(project.ids()) == 2)
    assert apply.stop() == 130
    assert apply.lines[-1]["event"] == "finished"
    assert (apply.lines[-1]["exit_code"], apply.lines[-1]["failed"]) == (130, "service.cache/create")
    assert json.loads(project.run("lease", "--format", "json").stdout)["lease"] is None
    project.apply()
    assert project.changes() == []


JOBS = """
    [services.web]
    image = "python:3.13-slim"
    command = ["sleep", "infinity"]
    env = {{ V = "{version}" }}
    before_deploy = ["sh", "-c", "{script}"]
    volumes = ["jobs:/jobs"]
    health = {{ command = ["true"] }}
"""
SCRIPT = (
    "mkdir /jobs/now || echo twice >> /jobs/log; echo began {version} >> /jobs/log; "
    "while [ ! -e /jobs/go{version} ]; do sleep 0.1; done; "
    "echo ended {version} >> /jobs/log; rmdir /jobs/now"
)


class Job:
    """A service whose before_deploy goes on until it is let go."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.remains = Remains(project)

    def write(self, version: int, script: str = SCRIPT) -> None:
        self.project.manifest(JOBS.format(version=version, script=script.format(version=version)))

    def prepare(self) -> None:
        self.write(1, "touch /jobs/go3; echo began 1 >> /jobs/log; echo ended 1 >> /jobs/log")
        self.project.apply()
        self.write(2)
        assert self.project.changes() == ["job.web/run", "service.web/replace"]

    def let_go(self) -> None:
        docker("exec", f"{self.project.name}-web-1", "touch", "/jobs/go2")

    def apply(self) -> None:
        """Apply, and let the command go when a second one would have begun beside it."""
        apply = Apply(self.project)
        apply.read_until("started", "job.web/run")
        time.sleep(1.5)
        self.let_go()
        apply.finish()

    def killed(self, action: str, kill: Callable[[Apply], None], delay: float = 0) -> list[int]:
        """Kill an apply at an event of the command's container; the processes that it had started."""
        started: list[int] = []

        def act() -> None:
            time.sleep(delay)
            started.extend(descendants(apply.process.pid))
            kill(apply)

        wanted = of_container(self.project, "web", action, one_off=True)
        with applying(self.project) as apply, at_event(wanted, act):
            pass
        return started

    def expect(self, *log: str) -> None:
        assert self.project.changes() == []
        self.remains.expect({"web": 1}, {"web": 1})
        assert in_file(f"{self.project.name}-web-1", "/jobs/log").splitlines() == list(log)


FIRST = ("began 1", "ended 1")
SECOND = ("began 2", "ended 2")
THIRD = ("began 3", "ended 3")


@pytest.fixture
def job(project: Project) -> Job:
    return Job(project)


@pytest.mark.parametrize(
    ("action", "delay", "kill"),
    [
        ("start", 0.5, Apply.kill),
        pytest.param("start", 0.5, Apply.kill_alone, marks=slow),
        pytest.param("create", 0, Apply.kill, marks=slow),
        pytest.param("create", 0, Apply.kill_alone, marks=slow),
        pytest.param("start", 0, Apply.kill, marks=slow),
        pytest.param("start", 0, Apply.kill_alone, marks=slow),
    ],
)
def test_killed_while_before_deploy_runs(
    job: Job, action: str, delay: float, kill: Callable[[Apply], None]
) -> None:
    """It is waited for, and neither doubled nor forgotten."""
    job.prepare()
    started = job.killed(action, kill, delay)
    assert job.project.changes() == ["job.web/run", "service.web/replace"]
    job.apply()
    wait_for_end(started)
    job.expect(*FIRST, *SECOND)


@pytest.mark.parametrize("kill", [Apply.kill, pytest.param(Apply.kill_alone, marks=slow)])
def test_what_before_deploy_ended_meanwhile_does_not_run_again(
    job: Job, kill: Callable[[Apply], None]
) -> None:
    """Nor does the record that it replaces stay."""
    job.prepare()
    wait_for_end(job.killed("start", kill))
    (running,) = job.project.ids("label=com.docker.compose.oneoff=True", "status=running")
    job.let_go()
    docker("wait", running)
    left = job.project.changes()
    assert "job.web/run" not in left
    assert "service.web/replace" in left
    job.project.apply()
    job.expect(*FIRST, *SECOND)


def test_another_before_deploy_waits_for_one_that_still_runs(job: Job) -> None:
    job.prepare()
    job.killed("start", Apply.kill, 0.3)
    job.write(3)
    assert job.project.changes() == ["job.web/run", "service.web/replace"]
    job.apply()
    job.expect(*FIRST, *SECOND, *THIRD)


@slow
def test_killed_when_before_deploy_is_over(job: Job) -> None:
    job.prepare()
    job.let_go()
    with applying(job.project) as apply:
        apply.read_until("ended", "job.web/run")
        apply.kill()
    settle(job.project)
    assert "job.web/run" not in job.project.changes()
    job.project.apply()
    job.expect(*FIRST, *SECOND)


SECRETS = """
    [services.web]
    image = "python:3.13-slim"
    command = ["sleep", "infinity"]
    secrets = { TOKEN = { as = "file" } }
    health = { command = ["true"] }
"""


@pytest.mark.parametrize(
    ("action", "delay"),
    [
        ("create", 0),
        *(pytest.param("create", one, marks=slow) for one in (0.005, 0.01, 0.02, 0.05)),
        pytest.param("destroy", 0, marks=slow),
    ],
)
def test_killed_while_secret_files_are_written(project: Project, action: str, delay: float) -> None:
    """At the container that carries them into their volume."""
    remains = Remains(project)
    project.manifest(SECRETS)
    project.write(".env", "TOKEN=one\n")
    project.apply()
    project.write(".env", "TOKEN=two\n")
    planned = project.changes()

    def act() -> None:
        time.sleep(delay)
        apply.kill()

    with applying(project) as apply, at_event(of_container(project, "web", action, one_off=True), act):
        pass
    settle(project)
    left = project.changes()
    assert set(planned) - set(left) <= ({"secret.web/create"} if action == "destroy" else set())
    project.apply()
    assert project.changes() == []
    remains.expect({"web": 1}, {})
    assert in_file(f"{project.name}-web-1", "/run/secrets/TOKEN") == "two"
    assert sorted(remains.volumes().values()) == ["key", "record", "secrets"]


NETWORK = """
    [services.one]
    image = "python:3.13-slim"
    command = ["sleep", "infinity"]
    networks = ["back"]
    health = {{ command = ["true"] }}
    [services.two]
    image = "python:3.13-slim"
    command = ["sleep", "infinity"]
    networks = ["back", "front"]
    health = {{ command = ["true"] }}
    [networks.back]
    internal = {internal}
"""


@pytest.mark.parametrize(
    "action", ["destroy", *(pytest.param(one, marks=slow) for one in ("disconnect", "create", "connect"))]
)
def test_killed_while_a_network_is_replaced(project: Project, action: str) -> None:
    project.manifest(NETWORK.format(internal="false"))
    project.apply()
    before = sorted(project.ids())
    project.manifest(NETWORK.format(internal="true"))
    assert project.changes() == ["network.back/replace"]
    wanted = {"type": "network", "event": action, "network": f"{project.name}_back"}
    with applying(project) as apply, at_event(wanted, lambda: apply.kill()):
        pass
    settle(project)
    assert project.changes() != []
    project.apply()
    assert project.changes() == []
    Remains(project).expect({"one": 1, "two": 1}, {})
    assert sorted(project.ids()) == before, "the containers stay"
    network = json.loads(docker("network", "inspect", f"{project.name}_back"))[0]
    assert network["Internal"] is True
    assert sorted(network["Containers"]) == before
    ask = ("python", "-c", "import socket; socket.gethostbyname('two')")
    docker("exec", f"{project.name}-one-1", *ask)


@pytest.mark.parametrize("left", ["twice", "never", "of what is gone"])
def test_killed_while_it_records_the_replicas(project: Project, left: str) -> None:
    """The next apply has nothing to do but that, and the one after it nothing at all."""
    project.manifest('[services.cache]\nimage = "redis:7"\nreplicas = 2\nhealth = false\n')
    project.apply()
    labels = {"shipyard.project": project.name, "shipyard.role": "record"}
    words = [word for key, value in labels.items() for word in ("--filter", f"label={key}={value}")]
    (record,) = docker("volume", "ls", "-q", *words).split()
    marks = json.loads(docker("volume", "inspect", record))[0]["Labels"]
    if left != "twice":
        docker("volume", "rm", record)
    if left != "never":
        marks["shipyard.replicas"] = '{"cache":1}' if left == "twice" else '{"cache":2,"gone":1}'
        given = [word for key, value in marks.items() for word in ("--label", f"{key}={value}")]
        docker("volume", "create", *given, f"{project.name}_shipyard-record-other")
    containers = project.ids()
    assert project.changes() == []
    project.apply()
    assert docker("volume", "ls", "-q", *words).split() == [record]
    with project.events(leases=True) as events:
        project.apply()
    assert events == []
    assert project.ids() == containers
