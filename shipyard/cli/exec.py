"""`shipyard exec`: a command in a container that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage, User, Variables
from shipyard.cli.running import PASSED_ON, Number, Service

CONTEXT = PASSED_ON


def exec(  # noqa: A001 - the command's name
    service: Service,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND...", show_default=False)],
    stage: Stage = None,
    instance: Instance = None,
    index: Number = None,
    user: User = None,
    env: Variables = None,
    workdir: Annotated[
        str | None, typer.Option("--workdir", "-w", metavar="DIR", help="In this folder.")
    ] = None,
    folder: Folder = Path(),
) -> int:
    """Run a command in a service's container; its exit code is the command's.

    Example: shipyard exec web python manage.py showmigrations
    """
    from shipyard.cli.running import command_of, hand_over, running, terminal_flags
    from shipyard.cli.services import known_services

    with running(folder, stage, instance) as seen:
        known_services(seen.manifest, [service])
        words = ["docker", "exec", *terminal_flags()]
        words += ["--user", user] if user else []
        words += ["--workdir", workdir] if workdir else []
        words += [word for pair in env or () for word in ("--env", pair)]
        return hand_over(seen.connection, [*words, seen.one(service, index), *command_of(command)])
