"""Compose as a process: always with the project, the model and the engine named, never with anything
that could ask, build, pull or remove by itself."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shipyard.engine.connect import Connection
from shipyard.engine.leash import on_leash
from shipyard.engine.plugins import plugin
from shipyard.errors import ShipyardError
from shipyard.targets.compose.model import Model

OLDEST_COMPOSE = (2, 26)


class ComposeError(ShipyardError):
    """Compose ended with an error; `code` is its exit code, or that of the command it ran."""

    def __init__(self, title: str, *, details: tuple[str, ...], code: int) -> None:
        super().__init__(title, details=details)
        self.code = code


class DockerMissing(ShipyardError):
    """The docker command or one of its plugins is not there."""


def model_text(model: Model) -> str:
    """The model as a file: JSON is accepted as a Compose file."""
    return yaml_json(model, indent=2) + "\n"


def yaml_json(value: object, indent: int | None = None) -> str:
    """JSON that a YAML reader takes for the very same value.

    Compose's refuses a control character that stands for itself and makes a space of U+0085 and U+2028;
    it refuses the halves of a character beyond U+FFFF that is escaped as JSON does it.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return re.sub(r"[\x7f-\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """Runs Compose for one deployment. `values` are the secrets' values by environment variable: they
    reach Compose through its process environment only. `before_write` is called before each run: what it
    raises stops it."""

    deployment: str
    file: Path
    environment: Mapping[str, str] = field(repr=False)
    before_write: Callable[[], None] = field(default=lambda: None, repr=False)

    def arguments(self, *words: str) -> list[str]:
        begin = plugin("compose", self.environment)
        return [*begin, "-p", self.deployment, "-f", str(self.file), *_FIXED, *words]

    def run(self, *words: str, on_line: Callable[[str], None] | None = None) -> str:
        """Run to the end, or that of this process; the combined output, each line given to `on_line` as it
        comes.

        Raises ComposeError with the last lines.
        """
        self.before_write()
        lines: list[str] = []
        try:
            process = subprocess.Popen(
                on_leash(self.arguments(*words), self.environment),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError as error:
            raise docker_missing() from error
        with process:
            for line in process.stdout or ():
                lines.append(line.rstrip("\n"))
                if on_line is not None:
                    on_line(lines[-1])
        if process.returncode != 0:
            raise ComposeError(
                f"docker compose {words[0]} failed",
                details=tuple(_last_lines(lines)),
                code=process.returncode,
            )
        return "\n".join(lines)

    def check(self) -> None:
        """Raises ComposeError for a model that Compose does not accept: what is passed through is its own."""
        try:
            self.run("config", "--quiet")
        except ComposeError as error:
            raise ComposeError(
                "Compose does not accept what `compose = {}` passes through",
                details=error.details,
                code=error.code,
            ) from None

    def up(self, services: Mapping[str, int], *flags: str) -> str:
        """Converge services, each to so many containers, without touching any other."""
        scales = (word for name, count in services.items() for word in ("--scale", f"{name}={count}"))
        return self.run(
            *("up", "-d", "--no-deps", "--no-build", "--pull", "never", "--remove-orphans=false"),
            *(*flags, *scales, *services),
        )


_FIXED = ("--env-file", os.devnull, "--progress", "plain")


def _last_lines(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()][-6:]


def docker_missing() -> DockerMissing:
    return DockerMissing(
        "the docker command is not installed",
        hint="install Docker Engine with its Buildx and Compose plugins",
    )


@contextlib.contextmanager
def compose(
    connection: Connection,
    deployment: str,
    model: Model,
    values: Mapping[str, str],
    environ: Mapping[str, str],
    before_write: Callable[[], None] = lambda: None,
) -> Iterator[Compose]:
    """A Compose bound to a model, whose file lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="shipyard-") as folder:
        file = Path(folder) / "compose.json"
        file.write_text(model_text(model), encoding="utf-8")
        yield Compose(
            deployment=deployment,
            file=file,
            # The records of before_deploy commands are no services of the model, and no orphans either.
            environment={**connection.environment(environ), "COMPOSE_IGNORE_ORPHANS": "1", **values},
            before_write=before_write,
        )


def check_compose(environment: Mapping[str, str]) -> None:
    """Raises DockerMissing when Compose is absent or older than the oldest that is supported."""
    text = plugin_version([*plugin("compose", environment), "version", "--short"], environment)
    match = re.search(r"(\d+)\.(\d+)", text or "")
    if text is None or match is None:
        raise DockerMissing(
            "Docker Compose is not installed", hint="install the docker-compose-plugin package"
        )
    if (int(match[1]), int(match[2])) < OLDEST_COMPOSE:
        raise DockerMissing(
            f"Docker Compose {text.strip()} is too old: Shipyard needs 2.26 or newer",
            hint="upgrade the docker-compose-plugin package",
        )


def plugin_version(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """What a version command prints, None when it fails. Raises DockerMissing without a docker command."""
    try:
        done = subprocess.run(
            list(command), env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise docker_missing() from error
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
