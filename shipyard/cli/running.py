"""What the commands for daily work share: a service's containers, and docker's own command for them.

They neither detect nor compile: the manifest's names and the labels on the engine are all they need.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from shipyard.cli.completion import complete_service
from shipyard.compile import labels
from shipyard.engine.connect import Connection, connect
from shipyard.errors import ShipyardError
from shipyard.manifest import find_root, load
from shipyard.model.manifest import Manifest
from shipyard.model.observed import AT_WORK
from shipyard.model.record import Record

Service = Annotated[
    str, typer.Argument(metavar="SERVICE", show_default=False, autocompletion=complete_service)
]
Number = Annotated[
    int | None, typer.Option("--index", metavar="N", min=1, help="Which of several replicas; else the first.")
]
PASSED_ON = {"allow_interspersed_args": False}
"""The settings of a command that hands words on: after the service all words are for what is run there."""


class NotRunning(ShipyardError):
    """There is no container to do it with."""


class Running(Record):
    """The containers of a deployment as the engine lists them, those that run once excepted."""

    manifest: Manifest
    connection: Connection
    listed: tuple[Any, ...]

    def of(self, service: str) -> tuple[Any, ...]:
        """A service's containers by number. Raises NotRunning where there is none."""
        found = [one for one in self.listed if one["Labels"].get(labels.SERVICE) == service]
        if found:
            return tuple(sorted(found, key=number_of))
        if not self.listed:
            raise NotRunning(
                f"{self.manifest.deployment} is not deployed on this engine",
                where=self.connection.address,
                hint="`shipyard apply` deploys it",
            )
        raise NotRunning(
            f"there is no container of {service}",
            where=f"services.{service}",
            hint=f"`shipyard apply {service}` makes it",
        )

    def one(self, service: str, number: int | None) -> str:
        """The id of one that runs. Raises NotRunning."""
        found = self.of(service)
        if number is not None:
            numbers = {number_of(one): one for one in found}
            if number not in numbers:
                there = ", ".join(map(str, sorted(numbers)))
                raise NotRunning(f"there is no replica {number} of {service}", hint=f"there are: {there}")
            found = (numbers[number],)
        at_work = [one for one in found if one["State"] in AT_WORK]
        if not at_work:
            raise NotRunning(
                f"{service} is {found[0]['State']}",
                where=f"services.{service}",
                hint=f"`shipyard logs {service}` tells why, `shipyard start {service}` starts it",
            )
        return str(at_work[0]["Id"])


@contextmanager
def running(folder: Path, stage: str | None, instance: str | None) -> Iterator[Running]:
    """Load the manifest and look at what is there of its deployment. Raises ShipyardError."""
    manifest = load(find_root(folder.absolute()), stage=stage, instance=instance, environ=os.environ).manifest
    ownership = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    filters = json.dumps({"label": [f"{key}={value}" for key, value in ownership.items()]})
    with connect(manifest.engine, os.environ) as connection:
        reader = connection.reader()
        try:
            listed = reader.get("/containers/json", all="1", filters=filters)
        finally:
            reader.close()
        services = (
            one
            for one in listed
            if one["Labels"].get(labels.COMPOSE_ONEOFF) != "True"
            and labels.SERVICE in one["Labels"]
            and one["Labels"].get(labels.INSTANCE) == manifest.instance
        )
        yield Running(manifest=manifest, connection=connection, listed=tuple(services))


def number_of(item: Any) -> int:
    """Which of its service's containers one is, 0 when its label is damaged."""
    text = item["Labels"].get(labels.COMPOSE_NUMBER, "")
    return int(text) if text.isdecimal() else 0


def hand_over(connection: Connection, words: Sequence[str]) -> int:
    """Docker's own command in place of this process, with its terminal, signals and exit code; beside it
    where a connection has to be held open, whose exit code comes back. Raises DockerMissing."""
    environment = connection.environment(os.environ)
    if not connection.local:
        return beside(words, environment)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(words[0], list(words), environment)  # noqa: S606 - the words are this command's own
    except FileNotFoundError as error:
        raise _docker_missing() from error


def beside(
    words: Sequence[str], environment: Mapping[str, str], take: Callable[[IO[bytes]], None] | None = None
) -> int:
    """Run a command on this process's terminal to its end; its exit code, 128 + n where signal n ended it.
    `take` reads what it prints, in place of the terminal. Raises DockerMissing."""
    try:
        process = subprocess.Popen(words, env=dict(environment), stdout=subprocess.PIPE if take else None)
    except FileNotFoundError as error:
        raise _docker_missing() from error
    # What the terminal sends reaches both, and the command decides what is to become of it; what is sent to
    # this process alone is passed on, so that the command cleans up.
    before = {one: signal.signal(one, _passing(process, one)) for one in (signal.SIGINT, *_ENDING)}
    try:
        if take is not None and process.stdout is not None:
            take(process.stdout)
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


_ENDING = (signal.SIGTERM, signal.SIGHUP)


def _passing(process: subprocess.Popen[bytes], number: signal.Signals) -> Callable[..., None]:
    def passed(*_: object) -> None:
        if number in _ENDING or not _on_a_terminal():
            process.send_signal(number)

    return passed


def _on_a_terminal() -> bool:
    """Whether a terminal sends its Ctrl-C to this process, and so to what it started."""
    try:
        with open("/dev/tty", "rb") as terminal:  # noqa: PTH123 - no file
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def command_of(words: Sequence[str]) -> list[str]:
    """A command as it was typed, without the `--` that many set before one."""
    return list(words[1:] if words[:1] == ["--"] else words)


def _docker_missing() -> ShipyardError:
    from shipyard.targets.compose.command import docker_missing

    return docker_missing()


def terminal_flags() -> list[str]:
    """As docker wants them: standard input always, a terminal where there is one on both ends."""
    return ["-i", "-t"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
