"""A `shipyard apply` that is killed: at one of its own lines, or at one of the engine's events."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker as sdk
from project import PROJECT_LABEL, Project, docker


class Apply:
    """`shipyard apply` in a process group of its own; `lines` are those of its output that were read."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.lines: list[dict[str, Any]] = []
        self._errors = project.root.with_suffix(".stderr")
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shipyard", "apply", "--yes", "--format", "json"],
                cwd=project.root,
                env=project.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def read_until(self, event: str, operation: str) -> None:
        """Read its lines up to the one that says this of an operation."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if (self.lines[-1]["event"], self.lines[-1].get("id")) == (event, operation):
                return
        raise AssertionError(f"never {event} {operation}: {self.lines} {self._errors.read_text()}")

    def kill(self) -> None:
        """It and its children at once: a machine that is lost, a CI job that is cancelled."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> int:
        """Tell it to end, as a CI does that cancels a job; its exit code."""
        self.process.terminate()
        self._read_rest()
        return self.process.returncode

    def kill_alone(self) -> None:
        """Only the process itself: what it started is on its own."""
        self.process.kill()

    def end(self, *, in_time: bool = True) -> None:
        """Wait until it is dead, and read what it had still said. `in_time`: the kill came before its end."""
        self._read_rest()
        codes = (-signal.SIGKILL,) if in_time else (-signal.SIGKILL, 0)
        assert self.process.returncode in codes, (self.process.returncode, self.lines)

    def finish(self) -> None:
        """Let it go on to its end, which is a good one."""
        self._read_rest()
        assert self.process.returncode == 0, (self.lines, self._errors.read_text())

    def _read_rest(self) -> None:
        assert self.process.stdout is not None
        # Through the file: it has read further than its last line was asked for.
        with self.process.stdout as rest:
            self.lines += [json.loads(line) for line in rest]
        self.process.wait()

    def told(self, event: str) -> list[str]:
        """The ids of the operations of which it said this."""
        return [line["id"] for line in self.lines if line["event"] == event]


@contextlib.contextmanager
def applying(project: Project, *, in_time: bool = True) -> Iterator[Apply]:
    """An apply that is dead at the end of the block, and its lease gone: nobody has to wait for it."""
    apply = Apply(project)
    try:
        yield apply
        apply.end(in_time=in_time)
    except BaseException:
        apply.kill()
        apply.process.wait()
        raise
    # As `shipyard lease --break` does it.
    for lease in project.ids("label=shipyard.role=lease"):
        # The engine may be at it, asked by what was killed.
        docker("rm", lease, check=False)
    while project.ids("label=shipyard.role=lease"):
        time.sleep(0.05)


def descendants(process: int) -> list[int]:
    """Ids of the processes that a process started, and of those that these started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def wait_for_end(processes: list[int], patience: float = 60) -> None:
    """Wait until all of these are gone."""
    deadline = time.monotonic() + patience
    while any(Path(f"/proc/{one}").exists() for one in processes):
        assert time.monotonic() < deadline, "a process that was left alone does not end"
        time.sleep(0.05)


def of_container(project: Project, service: str, action: str, *, one_off: bool = False) -> dict[str, Any]:
    """What happens to a service's containers, as the engine's events are filtered."""
    own = f"{PROJECT_LABEL}={project.name}"
    kind = f"com.docker.compose.oneoff={one_off}"
    return {"type": "container", "event": action, "label": [own, f"shipyard.service={service}", kind]}


@contextlib.contextmanager
def at_event(wanted: dict[str, Any], act: Callable[[], None]) -> Iterator[None]:
    """Act at the first such event of the engine; the end of the block waits for it."""
    api = sdk.APIClient(timeout=60)
    stream = api.events(filters=wanted, decode=True)
    seen = threading.Event()

    def read() -> None:
        for _ in stream:
            act()
            seen.set()
            return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
        assert seen.wait(60), f"there was no such event: {wanted}"
    finally:
        stream.close()
        thread.join(timeout=10)
        api.close()


def settle(project: Project, patience: float = 30) -> None:
    """Wait until the engine has ended what it was asked for before the kill: it goes on with a request
    whose client is dead."""
    deadline = time.monotonic() + patience
    before, same = "", 0
    while same < 3:
        assert time.monotonic() < deadline, f"it does not settle: {before}"
        shown = ("--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}} {{.Networks}}")
        now = docker("ps", "-a", *shown, "--filter", f"label={PROJECT_LABEL}={project.name}")
        same = same + 1 if now == before and "removing" not in now else 0
        before = now
        time.sleep(0.15)
