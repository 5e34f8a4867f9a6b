"""A process that takes leases, or many at once: run by the tests as a program of its own.

    lease_process.py JSON

with the fields of `Job`. It forks, so that many contenders cost one start. Each says what happens to it
on standard output, one line at a time: its process id and a word.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from shipyard.engine import objects as _warm  # noqa: F401 - before the fork
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineUnreachable
from shipyard.engine.lease import Lease, LeaseHeld, LeaseLost, Timing, hold
from shipyard.engine.lease_record import TTL
from shipyard.model.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`folder` is where it writes. Contenders go through one section each, which only one may be in, and
    linger there for so many seconds or until the file `enough` is there; a writer writes until it loses
    its lease."""

    name: str
    folder: str
    url: str = "unix:///var/run/docker.sock"
    count: int = 1
    wait: float = 0
    linger: float = 0
    ttl: float = TTL
    renew: float = 10
    poll: float = 1
    writes: bool = False


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, (os.getpid(), *words))) + "\n").encode())


def main(job: Job) -> int:
    import docker  # noqa: F401 - before the fork

    if job.count == 1:
        return contend(job)
    # All at the same moment, once all are there.
    begin = time.monotonic() + 0.5
    children = []
    for _ in range(job.count):
        child = os.fork()
        if child == 0:
            code = 70
            try:
                time.sleep(max(0, begin - time.monotonic()))
                code = contend(job)
            except BaseException:
                traceback.print_exc()
            # Without the interpreter's own end, which takes longer than all the rest.
            os._exit(code)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def contend(job: Job) -> int:
    connection = Connection(url=job.url, address="local engine", local=True)
    manifest = Manifest(root=Path("/"), name=job.name, stage="default")
    try:
        with hold(
            connection,
            manifest,
            command="apply",
            environ={},
            wait=job.wait,
            on_wait=lambda record: say("waits", record.id),
            timing=Timing(ttl=job.ttl, renew=job.renew, poll=job.poll),
        ) as lease:
            say("holds")
            (write if job.writes else go_through)(lease, job)
    except LeaseHeld:
        say("held")
        return 4
    except LeaseLost as lost:
        say("lost", "; ".join(lost.details))
        return 6
    except EngineUnreachable as error:
        say("unreachable", error.title)
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    say("released")
    return 0


def go_through(lease: Lease, job: Job) -> None:
    folder = Path(job.folder)
    lease.check()
    os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
    append(folder / "log")
    end = time.monotonic() + job.linger
    while time.monotonic() < end and not (folder / "enough").exists():
        time.sleep(0.02)
    lease.check()
    (folder / "inside").unlink()


def write(lease: Lease, job: Job) -> None:
    while True:
        lease.check()
        append(Path(job.folder) / "log")
        time.sleep(0.02)


def append(file: Path) -> None:
    line = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(line, f"{os.getpid()}\n".encode())
    os.close(line)


if __name__ == "__main__":
    sys.exit(main(Job(**json.loads(sys.argv[1]))))
