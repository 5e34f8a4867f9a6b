"""Apply killed in the middle of Compose's own recreate: at each of its events, with Compose or without it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
from killing import Apply, applying, at_event, descendants, of_container, settle, wait_for_end
from project import Project
from remains import Remains, in_file, write_file

STEPS = ("create", "kill", "die", "destroy", "rename", "start")
STUBBORN = 'trap "" TERM; while :; do sleep 1; done'
MANIFEST = """
    [services.store]
    image = "{name}/keeping:{version}"
    command = {command}
    volumes = ["data:/data"]
    env = {{ V = "{version}" }}
    health = {{ command = ["true"] }}
    stop_timeout = {grace}
"""


class Store:
    """A service with a named and two anonymous volumes; `command` is what it runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.remains = Remains(project)
        self.name = f"{project.name}-store-1"
        self.command = '["sleep", "infinity"]'
        self.grace = 2

    def write(self, version: int) -> None:
        words = {"name": self.project.name, "command": self.command, "grace": self.grace}
        self.project.manifest(MANIFEST.format(version=version, **words))

    def prepare(self) -> None:
        """The second version has a volume more than the first."""
        for version, folders in ((1, "/kept /also"), (2, "/kept /also /more")):
            # One id for two projects: the engine may lose a tag while the other's is removed.
            recipe = f"FROM python:3.13-slim\nVOLUME {folders}\nLABEL of={self.project.name}\n"
            words = ["docker", "build", "-q", "-t", f"{self.project.name}/keeping:{version}", "-"]
            subprocess.run(words, input=recipe.encode(), check=True, capture_output=True)
        self.write(1)
        self.project.apply()
        for folder in ("kept", "also", "data"):
            write_file(self.name, f"/{folder}/file", folder)
        self.remains.look()
        self.write(2)
        assert self.project.changes() == ["service.store/replace"]

    def expect_planned(self) -> None:
        """The plan is of this service, and empty only when all is done."""
        found = self.remains.look()
        left = self.project.changes()
        assert {one.partition("/")[0] for one in left} <= {"service.store"}
        done = [
            one["Name"] == f"/{self.name}" and one["State"]["Running"] and "V=2" in one["Config"]["Env"]
            for one in found
        ]
        assert (left == []) is (done == [True]), (left, [one["Name"] for one in found])

    def expect(self) -> None:
        assert self.project.changes() == []
        self.remains.expect({"store": 1}, {})
        assert "V=2" in self.project.container("store")["Config"]["Env"]
        for folder in ("kept", "also", "data"):
            assert in_file(self.name, f"/{folder}/file") == folder
        # A healthy one is reached under its service's name by others of its network.
        (endpoint,) = self.project.container("store")["NetworkSettings"]["Networks"].values()
        assert "store" in endpoint["Aliases"]


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    made = Store(project)
    yield made
    project.remove()
    made.remains.clean_up()


def killed_at(store: Store, action: str, kill: Callable[[Apply], None]) -> list[int]:
    """Kill an apply at an event of its recreate; the processes that it had started."""
    started: list[int] = []

    def act() -> None:
        started.extend(descendants(apply.process.pid))
        kill(apply)

    with applying(store.project) as apply, at_event(of_container(store.project, "store", action), act):
        pass
    return started


@pytest.mark.parametrize(
    "action",
    [pytest.param(one, marks=pytest.mark.slow) for one in STEPS if one not in ("create", "destroy")]
    + ["create", "destroy"],
)
def test_killed_with_compose(store: Store, action: str) -> None:
    store.prepare()
    wait_for_end(killed_at(store, action, Apply.kill))
    settle(store.project)
    store.expect_planned()
    store.project.apply()
    store.expect()


@pytest.mark.parametrize(
    "action", ["kill", *(pytest.param(one, marks=pytest.mark.slow) for one in STEPS if one != "kill")]
)
def test_killed_alone_and_applied_at_once(store: Store, action: str) -> None:
    """What Compose does meanwhile without its parent gets in nobody's way."""
    store.prepare()
    started = killed_at(store, action, Apply.kill_alone)
    store.project.apply()
    wait_for_end(started)
    settle(store.project)
    store.expect()


@pytest.mark.parametrize("kill", [Apply.kill_alone, pytest.param(Apply.kill, marks=pytest.mark.slow)])
def test_killed_while_the_old_one_takes_its_time_to_stop(store: Store, kill: Callable[[Apply], None]) -> None:
    store.command, store.grace = f"['sh', '-c', '''{STUBBORN}''']", 15
    store.prepare()
    started = killed_at(store, "kill", kill)
    store.expect_planned()
    store.project.apply()
    wait_for_end(started)
    settle(store.project)
    store.expect()
