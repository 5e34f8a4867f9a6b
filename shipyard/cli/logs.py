"""`shipyard logs`: what services print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Services, Stage
from shipyard.errors import UsageError


def logs(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Since then, such as 10m or 2026-01-31T08:00."),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to then.")] = None,
    tail: Annotated[
        str | None, typer.Option("--tail", "-n", metavar="LINES", help="So many lines at the end of each.")
    ] = None,
    timestamps: Annotated[
        bool, typer.Option("--timestamps", "-t", help="With the time of each line.")
    ] = False,
    folder: Folder = Path(),
) -> int:
    """Show the output of services, all by default, each line with who says it.

    A single container's comes as it is.

    Example: shipyard logs -f --tail 20 web worker
    """
    from shipyard.cli.running import hand_over, running
    from shipyard.cli.services import known_services
    from shipyard.engine.plugins import plugin

    if tail is not None and tail != "all" and not tail.isdecimal():
        raise UsageError(f"--tail {tail} is no number of lines", hint="a number, or all")
    with running(folder, stage, instance) as seen:
        named = known_services(seen.manifest, services)
        found = [one for name in services or () for one in seen.of(name)]
        if not services and not seen.listed:
            seen.of(named[0])
        options = ["--follow"] if follow else []
        options += ["--timestamps"] if timestamps else []
        for name, value in (("--since", since), ("--until", until), ("--tail", tail)):
            options += [name, value] if value is not None else []
        if len(found) == 1:
            return hand_over(seen.connection, ["docker", "logs", *options, found[0]["Id"]])
        # By what is on the engine: from the root, so that no file of the folder is taken for a model.
        compose = plugin("compose", seen.connection.environment(os.environ))
        words = [*compose, "-p", seen.manifest.deployment, "--project-directory", "/"]
        return hand_over(seen.connection, [*words, "logs", *options, *(services or ())])
