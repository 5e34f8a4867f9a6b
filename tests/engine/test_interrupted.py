"""Apply killed after each of its operations: the next plan says what is left, the next apply gets there."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from killing import Apply, applying, settle
from project import Project, docker
from remains import Remains, in_file, write_file

JOB = (
    "mkdir /jobs/now || echo twice >> /jobs/log; echo began >> /jobs/log; sleep 0.7; "
    "echo ended >> /jobs/log; rmdir /jobs/now"
)
MANIFEST = """
    [services.web]
    path = "app"
    build = {{ dockerfile = "app/Dockerfile" }}
    before_deploy = ["sh", "-c", "{job}"]
    networks = ["back"]
    volumes = ["jobs:/jobs"]
    health = {{ command = ["true"] }}
    stop_timeout = 1
    [services.store]
    image = "{name}/keeping:{version}"
    volumes = ["data:/data"]
    env = {{ V = "{version}" }}
    health = {{ command = ["true"] }}
    [services.pool]
    image = "{name}/plain:1"
    replicas = 2
    env = {{ V = "{version}" }}
    health = {{ command = ["true"] }}
    [services.twin]
    image = "{name}/plain:1"
    rollout = "start-first"
    env = {{ V = "{version}" }}
    health = {{ command = ["true"] }}
    [services.steady]
    image = "{name}/plain:1"
    health = {{ command = ["true"] }}
    [services.crowd]
    image = "{name}/plain:1"
    replicas = {crowd}
    health = {{ command = ["true"] }}
    [networks.back]
    internal = {internal}
"""
LEAVING = """
    [services.gone]
    image = "{name}/plain:1"
    networks = ["outer"]
    health = {{ command = ["true"] }}
"""
COMING = """
    [services.fresh]
    image = "{name}/plain:1"
    networks = ["front"]
    volumes = ["media:/media"]
    secrets = {{ TOKEN = {{ as = "file" }} }}
    health = {{ command = ["true"] }}
"""
PLANNED = (
    "image.web/build",
    "network.back/replace",
    "network.front/create",
    "volume.media/create",
    "secret.shipyard.key/create",
    "secret.fresh/create",
    "job.web/run",
    "service.web/replace",
    "service.store/replace",
    "service.pool/replace",
    "service.twin/replace",
    "service.steady/update",
    "service.steady/start",
    "service.crowd/scale",
    "service.fresh/create",
    "service.gone/remove",
    "network.outer/remove",
)
RECIPES = {
    "plain:1": 'FROM python:3.13-slim\nCMD ["sleep", "infinity"]\n',
    "keeping:1": 'FROM python:3.13-slim\nVOLUME /kept\nCMD ["sleep", "infinity"]\n',
    "keeping:2": 'FROM python:3.13-slim\nVOLUME /kept /more\nCMD ["sleep", "infinity"]\n',
}
REPLICAS = {"web": 1, "store": 1, "pool": 2, "twin": 1, "steady": 1, "crowd": 3, "fresh": 1}


class Scene:
    """A deployment that is about to be changed in many ways at once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.remains = Remains(project)

    def name(self, service: str) -> str:
        return f"{self.project.name}-{service}-1"

    def prepare(self) -> None:
        for name, recipe in RECIPES.items():
            words = ["docker", "build", "-q", "-t", f"{self.project.name}/{name}", "-"]
            # One id for two projects: the engine may lose a tag while the other's is removed.
            own = f"{recipe}LABEL of={self.project.name}\n"
            subprocess.run(words, input=own.encode(), check=True, capture_output=True)
        self.project.write(
            "app/Dockerfile", 'FROM python:3.13-slim\nCOPY text /text\nCMD ["sleep", "9999"]\n'
        )
        self.project.write(".env", "TOKEN=a-token\n")
        self.write(1)
        self.project.apply()
        write_file(self.name("store"), "/kept/file", "kept")
        write_file(self.name("store"), "/data/file", "data")
        self.remains.look()
        self.write(2)
        docker("update", "--restart", "no", self.name("steady"))
        docker("kill", self.name("steady"))
        assert tuple(self.project.changes()) == PLANNED

    def write(self, version: int) -> None:
        first = version == 1
        text = (MANIFEST + (LEAVING if first else COMING)).format(
            name=self.project.name,
            version=version,
            job=JOB,
            crowd=1 if first else 3,
            internal="false" if first else "true",
        )
        self.project.manifest(text)
        self.project.write("app/text", f"{version}\n")

    def expect(self) -> None:
        """All is as the second manifest says, by the engine's own lists, and nothing was lost."""
        name = self.project.name
        self.remains.expect(REPLICAS, {"web": 1})
        assert in_file(self.name("store"), "/kept/file") == "kept"
        assert in_file(self.name("store"), "/data/file") == "data"
        assert in_file(self.name("web"), "/text") == "2"
        assert in_file(self.name("web"), "/jobs/log").split() == ["began", "ended"] * 2
        assert in_file(self.name("fresh"), "/run/secrets/TOKEN") == "a-token"
        for service in ("store", "pool", "twin"):
            found = [one for one in self.remains.look() if f"/{name}-{service}-" in one["Name"]]
            assert all("V=2" in one["Config"]["Env"] for one in found)
        assert self.project.container("steady")["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        networks = docker("network", "ls", "--format", "{{.Name}}", "--filter", f"name={name}_").split()
        assert sorted(networks) == [f"{name}_{key}" for key in ("back", "default", "front")]
        back = json.loads(docker("network", "inspect", f"{name}_back"))[0]
        assert back["Internal"] is True
        assert list(back["Containers"]) == [self.project.container("web")["Id"]]
        volumes = self.remains.volumes()
        assert sorted(volumes.values()) == ["", "", "", "key", "record", "secrets"], volumes


@pytest.fixture
def scene(project: Project) -> Iterator[Scene]:
    made = Scene(project)
    yield made
    project.remove()
    made.remains.clean_up()


def subject(operation: str) -> str:
    return operation.partition(".")[2].rpartition("/")[0]


def expect_left(planned: list[str], killed: Apply, left: list[str]) -> None:
    """What was not begun is left, what has ended is not; what was in the middle may be, or be mended."""
    ended = set(killed.told("ended"))
    begun = set(killed.told("started")) - ended
    assert [one for one in planned if one not in ended | begun | set(left)] == [], "the plan forgets"
    if "service.fresh/create" in left:
        # Nothing tells for sure that a volume was filled before a container has it.
        ended.discard("secret.fresh/create")
    assert sorted(ended & set(left)) == [], "the plan repeats"
    known = {subject(one) for one in begun}
    for one in set(left) - set(planned):
        joins = one.endswith("/connect") and any(other.startswith("network.") for other in begun)
        assert subject(one) in known or joins, f"{one} is not of what was in the middle: {begun}"


def test_killed_after_each_operation_in_turn(scene: Scene) -> None:
    """Again and again, so that each begins with what an interrupted one left."""
    scene.prepare()
    left, done, kills = list(PLANNED), set[str](), 0
    while to_do := [one for one in left if one not in done]:
        with applying(scene.project) as apply:
            apply.read_until("ended", to_do[0])
            apply.kill()
        kills += 1
        done.update(apply.told("ended"))
        settle(scene.project)
        scene.remains.look()
        planned, left = left, scene.project.changes()
        expect_left(planned, apply, left)
    assert left == []
    assert kills >= 8
    scene.project.apply()
    scene.expect()


@pytest.mark.slow
@pytest.mark.parametrize("delay", [None, 0, 0.08, 0.3, 0.9])
@pytest.mark.parametrize("operation", PLANNED)
def test_killed_at_any_moment(scene: Scene, operation: str, delay: float | None) -> None:
    """After an operation has ended (None), or so many seconds after it began."""
    scene.prepare()
    # The last ones leave it no more to do than what a second is enough for.
    with applying(scene.project, in_time=not delay) as apply:
        apply.read_until("ended" if delay is None else "started", operation)
        time.sleep(delay or 0)
        apply.kill()
    settle(scene.project)
    scene.remains.look()
    left = scene.project.changes()
    expect_left(list(PLANNED), apply, left)
    scene.project.apply()
    assert scene.project.changes() == []
    scene.expect()
