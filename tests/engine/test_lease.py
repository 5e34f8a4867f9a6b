"""The lease on a real engine: one at a time, and nobody dead in the way."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from forwarded_socket import ENGINE, ForwardedSocket
from project import Project, docker

from shipyard.engine.archive import empty_archive
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineReader
from shipyard.engine.lease import Lease, LeaseHeld, LeaseLost, Timing, hold
from shipyard.engine.lease_record import LeaseNameTaken, lease_labels, lease_name, read_lease
from shipyard.engine.objects import Objects
from shipyard.engine.snapshot import snapshot
from shipyard.model.lease import Holder, LeaseRecord
from shipyard.model.manifest import Manifest

PROGRAM = Path(__file__).with_name("lease_process.py")
ROOT = Path(__file__).parents[2]
CONNECTION = Connection(url=f"unix://{ENGINE}", address="local engine", local=True)
QUICK: dict[str, Any] = {"ttl": 4, "renew": 1, "poll": 0.2}


class Running:
    """A process of lease_process.py; `said` are its lines without the process ids."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []

    def wait_for(self, word: str) -> None:
        """Read until it says a line that begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.split(maxsplit=1)[1].strip())
            if self.said[-1].startswith(word):
                return
        raise AssertionError(f"never said {word!r}: {self.said}, {self.process.stderr.read()}")  # type: ignore[union-attr]

    def end(self, code: int, patience: float = 60) -> list[str]:
        """Wait for its end; all that it said."""
        out, err = self.process.communicate(timeout=patience)
        self.said += [line.split(maxsplit=1)[1] for line in out.splitlines()]
        assert self.process.returncode == code, f"{self.process.returncode}: {self.said} {err}"
        return self.said


Start = Callable[..., Running]


@pytest.fixture
def start(project: Project) -> Iterator[Start]:
    """Start a process of lease_process.py with these fields of its Job."""
    processes: list[subprocess.Popen[str]] = []

    def started(**fields: Any) -> Running:
        job = json.dumps({"name": project.name, "folder": str(project.root), **fields})
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), job],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return Running(process)

    yield started
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def manifest(project: Project) -> Manifest:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    return Manifest(root=project.root, name=project.name, stage="default")


@pytest.fixture
def forwarded() -> Iterator[Callable[..., ForwardedSocket]]:
    """Makes sockets; in a folder with a short path: one may have 107 bytes."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:

        def made(**options: Any) -> ForwardedSocket:
            one = ForwardedSocket(Path(name) / "s", **options)
            stack.callback(one.cut)
            return one

        yield made


@contextlib.contextmanager
def held(manifest: Manifest, **options: Any) -> Iterator[Lease]:
    with hold(CONNECTION, manifest, command="apply", environ={}, **options) as lease:
        yield lease


def read(manifest: Manifest) -> LeaseRecord | None:
    reader = EngineReader(CONNECTION.url)
    try:
        return read_lease(reader, manifest)
    finally:
        reader.close()


def leases(project: Project) -> list[str]:
    return project.ids("label=shipyard.role=lease")


def lines(project: Project) -> list[str]:
    """The process ids in the file that holders write to, in order."""
    file = project.root / "log"
    return file.read_text().split() if file.exists() else []


def test_fifty_at_once_go_one_at_a_time_and_none_is_lost_or_stuck(project: Project, start: Start) -> None:
    said = start(count=50, wait=120).end(0, patience=120)
    assert said.count("holds") == said.count("released") == 50
    assert len(lines(project)) == len(set(lines(project))) == 50
    assert not (project.root / "inside").exists()
    assert leases(project) == []


def test_it_is_given_back_and_leaves_nothing(project: Project, manifest: Manifest) -> None:
    with project.events(leases=True) as events, held(manifest) as lease:
        lease.check()
        record = read(manifest)
        assert record is not None
        assert leases(project) == [record.id]
        assert record.holder.process == os.getpid()
    assert leases(project) == []
    assert {event["Type"] for event in events} == {"container"}
    assert docker("volume", "ls", "-q", "--filter", f"name={project.name}") == ""
    with pytest.raises(RuntimeError), held(manifest):
        raise RuntimeError
    assert leases(project) == []


def test_who_does_not_wait_fails_at_once_and_is_told_who_holds_it(manifest: Manifest) -> None:
    run = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "7"}
    with hold(CONNECTION, manifest, command="down", environ=run):
        began = time.monotonic()
        with pytest.raises(LeaseHeld) as caught, held(manifest):
            pass
        assert time.monotonic() - began < 2
        said = str(caught.value)
        assert caught.value.exit_code == 4
        assert f"(process {os.getpid()}), running down" in said
        assert "https://github.com/acme/shop/actions/runs/7" in said
        assert "--lease-wait 5m" in said
        waited: list[LeaseRecord] = []
        with pytest.raises(LeaseHeld), held(manifest, wait=1.5, on_wait=waited.append):
            pass
        assert [record.holder.command for record in waited] == ["down"], "told once"
    with held(manifest):
        pass


def test_stages_and_instances_have_leases_of_their_own(project: Project, manifest: Manifest) -> None:
    others = [
        Manifest(root=project.root, name=project.name, stage="prod"),
        Manifest(root=project.root, name=project.name, stage="prod", instance="pr-1"),
    ]
    with held(manifest), held(others[0]), held(others[1]) as lease:
        assert len(leases(project)) == 3
        lease.check()


def test_signs_of_life_keep_it(manifest: Manifest, start: Start) -> None:
    with held(manifest, timing=Timing(**QUICK)) as lease:
        other = start(wait=6, **QUICK)
        began = time.monotonic()
        while time.monotonic() - began < 7:
            lease.check()
            time.sleep(0.2)
        assert other.end(4)[-1] == "held"
        record = read(manifest)
        assert record is not None
        assert record.since + timedelta(seconds=4) < record.renewed
        assert not record.expired


def test_a_killed_holder_blocks_nobody_for_long(project: Project, start: Start) -> None:
    first = start(writes=True, **QUICK)
    first.wait_for("holds")
    first.process.kill()
    began = time.monotonic()
    assert start(**QUICK).end(4)[-1] == "held", "at first it may be alive"
    said = start(wait=30, **QUICK).end(0)
    assert said[-2:] == ["holds", "released"]
    assert time.monotonic() - began < 4 + 10


@pytest.mark.slow
def test_a_killed_holder_blocks_nobody_for_more_than_a_minute(project: Project, start: Start) -> None:
    first = start(writes=True)
    first.wait_for("holds")
    time.sleep(11)  # past a renewal
    first.process.kill()
    began = time.monotonic()
    start(wait=90).end(0, patience=100)
    assert 30 < time.monotonic() - began < 60


def abandoned(manifest: Manifest) -> str:
    """A lease of one second whose holder died before its first sign of life; its id."""
    holder = Holder(who="ci@gone", process=1, command="apply", run=None, token="t", ttl=1)
    objects = Objects(CONNECTION)
    try:
        return objects.create_idle(lease_name(manifest.deployment), lease_labels(manifest, holder))
    finally:
        objects.close()


def test_one_of_ten_takes_over(project: Project, manifest: Manifest, start: Start) -> None:
    for number in range(2):
        dead = abandoned(manifest)
        time.sleep(2)
        race = start(count=10, linger=60)
        for _ in range(9):
            race.wait_for("held")
        (project.root / "enough").touch()
        said = race.end(4)
        assert (said.count("holds"), said.count("held"), said.count("released")) == (1, 9, 1), said
        assert dead not in leases(project)
        assert len(lines(project)) == number + 1
        (project.root / "enough").unlink()


def test_a_heartbeat_from_the_future_is_none(project: Project, manifest: Manifest) -> None:
    """As it is found after the engine's clock was set back."""
    dead = abandoned(manifest)
    objects = Objects(CONNECTION)
    later = datetime.now(UTC) + timedelta(hours=1)
    objects.put_file(dead, "heartbeat.json", json.dumps({"renewed": later.isoformat()}))
    objects.close()
    time.sleep(2)
    with held(manifest):
        assert dead not in leases(project)


def test_a_broken_lease_stops_its_holder_before_the_next_write(project: Project, start: Start) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    writer = start(writes=True)
    writer.wait_for("holds")
    assert "add --yes" in project.run("lease", "--break", code=64).stderr
    assert len(leases(project)) == 1
    done = project.run("lease", "--break", "--yes")
    assert "held by" in done.stdout
    assert done.stderr == "broken\n"
    said = writer.end(6)
    assert said[-1].startswith("lost it was taken over, broken, or pruned")
    assert leases(project) == []
    count = len(lines(project))
    assert count > 0
    assert "The lease is free." in project.run("lease", "--break", "--yes").stdout
    assert len(lines(project)) == count


def test_a_pruned_lease_stops_its_holder(project: Project, start: Start) -> None:
    writer = start(writes=True)
    writer.wait_for("holds")
    docker("container", "prune", "--force", "--filter", f"label=shipyard.project={project.name}")
    assert writer.end(6)[-1].startswith("lost")
    start().end(0)


def test_a_renamed_lease_stops_its_holder(project: Project, start: Start) -> None:
    writer = start(writes=True)
    writer.wait_for("holds")
    docker("rename", leases(project)[0], f"{project.name}-elsewhere")
    assert "was renamed" in writer.end(6)[-1]
    assert leases(project) == [], "it is still given back, by its id"


def test_a_suspended_holder_that_wakes_up_after_a_takeover_writes_nothing(
    project: Project, start: Start
) -> None:
    first = start(writes=True, **QUICK)
    first.wait_for("holds")
    time.sleep(1.5)
    first.process.send_signal(signal.SIGSTOP)
    second = start(writes=True, wait=30, **QUICK)
    second.wait_for("holds")
    first.process.send_signal(signal.SIGCONT)
    said = first.end(6)
    assert said[-1].startswith("lost")
    assert f"(process {second.process.pid})" in said[-1], "it says who has it now"
    time.sleep(0.5)
    second.process.send_signal(signal.SIGINT)
    second.end(130)
    order = lines(project)
    old, new = str(first.process.pid), str(second.process.pid)
    assert set(order) == {old, new}
    assert order[order.index(new) :].count(old) <= 1, "at most the write that was under way"
    assert leases(project) == []


def test_a_suspended_holder_stops_even_when_nobody_took_over(project: Project, start: Start) -> None:
    first = start(writes=True, **QUICK)
    first.wait_for("holds")
    time.sleep(0.5)
    first.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    count = len(lines(project))
    time.sleep(5)
    first.process.send_signal(signal.SIGCONT)
    assert "no sign of life for" in first.end(6)[-1]
    assert len(lines(project)) - count <= 1, "at most the write that was under way"
    assert leases(project) == []


@pytest.mark.parametrize("moment", [0, 0.05])
def test_an_interrupt_while_waiting_or_holding_leaves_nothing(
    project: Project, start: Start, moment: float
) -> None:
    holder = start(writes=True)
    holder.wait_for("holds")
    waiting = start(wait=60, poll=0.2)
    waiting.wait_for("waits")
    time.sleep(moment)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.end(130)[-1] == "interrupted"
    assert len(leases(project)) == 1
    holder.process.send_signal(signal.SIGINT)
    assert holder.end(130)[-1] == "interrupted"
    assert leases(project) == []


def test_an_interrupt_in_the_middle_of_taking_it_leaves_nothing(
    project: Project, start: Start, forwarded: Callable[..., ForwardedSocket]
) -> None:
    """The engine has created it, and its answer never reached the process that asked."""
    late = forwarded(slow=b"/containers/create", delay=5)
    process = start(url=late.url)
    deadline = time.monotonic() + 20
    while not leases(project):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.process.send_signal(signal.SIGINT)
    assert process.end(130) == ["interrupted"]
    assert leases(project) == []


def test_it_outlives_a_restart_of_the_engine(
    project: Project, start: Start, forwarded: Callable[..., ForwardedSocket]
) -> None:
    """Every connection is closed, nothing answers for a while, then the lease is there as it was."""
    link = forwarded()
    holder = start(url=link.url, linger=11, ttl=9, renew=1)
    holder.wait_for("holds")
    waiting = start(url=link.url, wait=60, poll=0.2)
    waiting.wait_for("waits")
    link.cut()
    time.sleep(2)
    link.restore()
    # Without new signs of life it would be lost by the end.
    assert holder.end(0) == ["holds", "released"]
    assert waiting.end(0)[-2:] == ["holds", "released"]
    assert leases(project) == []


def test_who_cannot_reach_the_engine_is_told_so_and_it_expires(
    project: Project, start: Start, forwarded: Callable[..., ForwardedSocket]
) -> None:
    link = forwarded()
    holder = start(url=link.url, writes=True, **QUICK)
    holder.wait_for("holds")
    link.cut()
    assert holder.end(1)[-1] == "unreachable no Docker engine is running there"
    assert len(leases(project)) == 1, "nobody could give it back"
    start(wait=20, **QUICK).end(0)


def test_a_foreign_container_of_that_name_is_not_touched(project: Project, manifest: Manifest) -> None:
    name = lease_name(manifest.deployment)
    docker("create", "--name", name, "--label", f"shipyard.project={project.name}", "redis:7")
    with pytest.raises(LeaseNameTaken, match="is not this stage's lease"), held(manifest):
        pass
    assert "is not this stage's lease" in project.run("lease", "--break", "--yes", code=1).stderr
    assert len(project.ids()) == 1


def test_plan_and_status_do_not_take_it_and_do_not_see_it(project: Project, manifest: Manifest) -> None:
    project.apply()
    with held(manifest):
        seen = snapshot(CONNECTION, manifest)
        name = lease_name(manifest.deployment)
        assert name not in {one.name for one in (*seen.containers, *seen.foreign)}
        assert project.changes() == []
        assert project.status()["cache"]["state"] == "running"


def test_the_command_tells_who_holds_it(project: Project, manifest: Manifest) -> None:
    free = project.run("lease").stdout
    assert free == f"{project.name} / default on local engine\n\nThe lease is free.\n"
    assert json.loads(project.run("lease", "--format", "json").stdout)["lease"] is None
    environ = {"CI_JOB_URL": "https://gitlab.example.com/acme/shop/-/jobs/9"}
    with hold(CONNECTION, manifest, command="apply", environ=environ):
        text = project.run("lease").stdout
        found = json.loads(project.run("lease", "--format", "json").stdout)["lease"]
    assert f"(process {os.getpid()}), running apply" in text
    assert "CI run   https://gitlab.example.com/acme/shop/-/jobs/9" in text
    assert (found["process"], found["command"], found["run"]) == (os.getpid(), "apply", environ["CI_JOB_URL"])
    assert found["expired"] is False
    since, expires = (datetime.fromisoformat(found[key]) for key in ("since", "expires"))
    assert timedelta(seconds=44) <= expires - since <= timedelta(seconds=60)


def test_breaking_the_lease_of_a_protected_stage_wants_its_name(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n[stages.prod]\nprotect = true\n')
    manifest = Manifest(root=project.root, name=project.name, stage="prod")
    with held(manifest) as lease:
        assert "--confirm prod" in project.run("lease", "--break", "--yes", "-s", "prod", code=64).stderr
        project.run("lease", "--break", "--confirm", "dev", "-s", "prod", code=1)
        lease.check()
        project.run("lease", "--break", "--confirm", "prod", "-s", "prod")
        with pytest.raises(LeaseLost):
            lease.check()


def test_nothing_is_written_on_the_engine_once_the_lease_is_lost(
    project: Project, manifest: Manifest
) -> None:
    """Every writing call of Objects, the lease broken before it."""
    labels = {"shipyard.project": project.name}
    name = project.name
    docker("create", "--name", f"{name}-x", "--label", f"shipyard.project={name}", "redis:7")
    docker("network", "create", "--label", f"shipyard.project={name}", f"{name}-n")
    docker("volume", "create", "--label", f"shipyard.project={name}", f"{name}-v")
    container, network, volume = f"{name}-x", f"{name}-n", f"{name}-v"
    writes: dict[str, Callable[[Objects], object]] = {
        "start": lambda it: it.start(container),
        "unpause": lambda it: it.unpause(container),
        "rename": lambda it: it.rename(container, f"{name}-y"),
        "stop": lambda it: it.stop(container, 1),
        "remove": lambda it: it.remove(container),
        "update": lambda it: it.update(container, restart="always", cpus=1, memory=None),
        "connect": lambda it: it.connect(container, network, ()),
        "disconnect": lambda it: it.disconnect(container, "bridge"),
        "create_network": lambda it: it.create_network(
            f"{name}-m", labels, driver=None, internal=False, subnet=None
        ),
        "remove_network": lambda it: it.remove_network(network),
        "create_volume": lambda it: it.create_volume(f"{name}-w", labels),
        "remove_volume": lambda it: it.remove_volume(volume),
        "pull": lambda it: it.pull("redis:7"),
        "fill_volume": lambda it: it.fill_volume(volume, {"a": "b"}, uid=1, gid=1, labels=labels),
        "create_idle": lambda it: it.create_idle(f"{name}-z", labels),
        "put_file": lambda it: it.put_file(container, "a", "b"),
        "remove_image": lambda it: it.remove_image(f"{name}/none:1"),
        "write_archive": lambda it: it.write_archive(container, "/", io.BytesIO(empty_archive())),
        "run_once": lambda it: it.run_once("redis:7", ("true",), volume, "/v"),
    }
    reads = {
        "running",
        "inspect",
        "containers",
        "logs",
        "read_archive",
        "volumes",
        "last_end",
        "wait",
        "close",
    }
    public = {key for key in vars(Objects) if not key.startswith("_")}
    assert public == reads | set(writes), "a new method is in one of the two"
    with held(manifest) as lease:
        objects = Objects(CONNECTION, lease.check)
        objects.create_volume(f"{name}-u", labels)
        docker("rm", *leases(project))
        with project.events() as events:
            for write in writes.values():
                with pytest.raises(LeaseLost):
                    write(objects)
            assert objects.inspect(container) is not None
        objects.close()
    assert events == []


def test_many_checks_from_one_process_beside_its_heartbeats(manifest: Manifest) -> None:
    """The thread that gives signs of life and the writer do not get in each other's way."""
    with held(manifest, timing=Timing(ttl=10, renew=0.01)) as lease:
        assert any(thread.name == "lease" for thread in threading.enumerate())
        began = time.perf_counter()
        for _ in range(500):
            lease.check()
        assert (time.perf_counter() - began) / 500 < 0.05
    assert all(thread.name != "lease" for thread in threading.enumerate())
