"""A throw-away project on the real engine, driven through the `shipyard` command as its users do."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT_LABEL = "shipyard.project"

Done = subprocess.CompletedProcess[str]


def docker(*words: str, check: bool = True) -> str:
    """Run the docker command; its standard output."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, *, patience: float = 10) -> tuple[int, str]:
    """(status, body) of a URL; a connection that is refused is tried again for a while."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def until(happened: Callable[[], bool], *, patience: float = 30) -> None:
    """Wait for what happens by itself; a busy machine takes its time."""
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Project:
    """A folder with a shipyard.toml, and what it runs. `name` is unique to the test."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.environ: dict[str, str] = {}

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
        return file

    def manifest(self, text: str) -> None:
        self.write("shipyard.toml", f'name = "{self.name}"\n' + textwrap.dedent(text))

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """What `shipyard` is run with, and `env`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SHIPYARD_", "COMPOSE_"))}
        return {**kept, "NO_COLOR": "1", **self.environ, **(env or {})}

    def run(self, *words: str, env: Mapping[str, str] | None = None, code: int | None = 0) -> Done:
        """`shipyard WORDS` in the project's folder. `code` is the expected exit code, None for any."""
        done = subprocess.run(
            [sys.executable, "-m", "shipyard", *words],
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"shipyard {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, said
        # One in a container's log stands behind a mark.
        assert not re.search("^Traceback", done.stdout + done.stderr, re.MULTILINE), said
        return done

    def apply(self, *words: str, env: Mapping[str, str] | None = None, code: int | None = 0) -> Done:
        return self.run("apply", "--yes", *words, env=env, code=code)

    def plan(self, *words: str, env: Mapping[str, str] | None = None, code: int | None = 0) -> Any:
        """The plan as its JSON document."""
        return json.loads(self.run("plan", "--format", "json", *words, env=env, code=code).stdout)

    def changes(self, *words: str, env: Mapping[str, str] | None = None) -> list[str]:
        """The ids of the planned operations, in order."""
        return [operation["id"] for operation in self.plan(*words, env=env)["operations"]]

    def operation(self, name: str, *words: str, env: Mapping[str, str] | None = None) -> Any:
        found = {operation["id"]: operation for operation in self.plan(*words, env=env)["operations"]}
        assert name in found, f"{name} is not among {sorted(found)}"
        return found[name]

    def status(self, *words: str) -> dict[str, Any]:
        """The services of `status --format json`, by name."""
        document = json.loads(self.run("status", "--format", "json", *words).stdout)
        return {service["name"]: service for service in document["services"]}

    def ids(self, *filters: str, everything: bool = True) -> list[str]:
        """Ids of this project's containers."""
        words = ["ps", "-q", "--no-trunc", *(["-a"] if everything else [])]
        for one in (f"label={PROJECT_LABEL}={self.name}", *filters):
            words += ["--filter", one]
        return docker(*words).split()

    def container(self, service: str, stage: str | None = None) -> Any:
        """The inspected only container of a service."""
        filters = [f"label=shipyard.service={service}", "label=com.docker.compose.oneoff=False"]
        if stage is not None:
            filters.append(f"label=shipyard.stage={stage}")
        found = self.ids(*filters)
        assert len(found) == 1, f"{service}: {found}"
        return json.loads(docker("inspect", found[0]))[0]

    @contextmanager
    def events(self, *, leases: bool = False) -> Iterator[list[dict[str, Any]]]:
        """Everything that the engine did to this project's objects while the block ran.

        Health probes (exec_*, health_status) are left out; so is the lease, unless asked for.
        """
        found: list[dict[str, Any]] = []
        # By the engine's clock, to its resolution: what happened before is not ours.
        time.sleep(0.05)
        began = f"{time.time():.6f}"
        yield found
        text = docker("events", "--since", began, "--until", f"{time.time():.6f}", "--format", "{{json .}}")
        for line in text.splitlines():
            event = json.loads(line)
            about = json.dumps(event["Actor"])
            if not leases and event["Actor"].get("Attributes", {}).get("shipyard.role") == "lease":
                continue
            if self.name in about and not event["Action"].startswith(("exec_", "health_status")):
                found.append(event)

    def remove(self) -> None:
        """Remove all that this project made: containers, networks, volumes and images."""
        own = f"label={PROJECT_LABEL}={self.name}"
        containers = docker("ps", "-aq", "--filter", own).split()
        if containers:
            docker("rm", "-fv", *containers, check=False)
        for network in docker("network", "ls", "-q", "--filter", own).split():
            docker("network", "rm", network, check=False)
        for volume in docker("volume", "ls", "-q", "--filter", own).split():
            docker("volume", "rm", "-f", volume, check=False)
        # By name, never by id: a base image, and another project's image, may have the same content.
        shown = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
        # Others come and go meanwhile: a list of all may name one that is gone, and fail.
        where = ("--filter", f"reference={self.name}/*", "--filter", f"reference=*/{self.name}/*")
        for line in docker("image", "ls", "--digests", "--format", shown, *where).splitlines():
            for name in line.split():
                docker("image", "rm", name, check=False)
