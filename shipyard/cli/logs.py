"""`shipyard logs`: what services print."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Annotated

import typer

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Services, Stage
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
    output: Output = Format.TEXT,
    folder: Folder = Path(),
) -> int:
    """Show the output of services, all by default, each line with who says it.

    A single container's comes as it is. As JSON, each line is an object of its own: service, replica, time
    and text.

    Example: shipyard logs -f --tail 20 web worker
    """
    from shipyard.cli.running import beside, hand_over, running
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
        options += ["--timestamps"] if timestamps or output is Format.JSON else []
        for name, value in (("--since", since), ("--until", until), ("--tail", tail)):
            options += [name, value] if value is not None else []
        if len(found) == 1 and output is Format.TEXT:
            return hand_over(seen.connection, ["docker", "logs", *options, found[0]["Id"]])
        # By what is on the engine: from the root, so that no file of the folder is taken for a model.
        environment = seen.connection.environment(os.environ)
        words = [*plugin("compose", environment), "-p", seen.manifest.deployment, "--project-directory", "/"]
        words += ["logs", *options, *(services or ())]
        if output is Format.JSON:
            return beside([*words, "--no-color"], environment, _as_json)
        return hand_over(seen.connection, words)


def _as_json(lines: IO[bytes]) -> None:
    """Compose's `SERVICE-NUMBER  | TIME TEXT`, each as an object."""
    import json

    for line in lines:
        who, bar, said = line.decode("utf-8", "replace").rstrip("\r\n").partition(" | ")
        if not bar:
            # Compose's own words, that one has ended.
            print(who, file=sys.stderr, flush=True)
            continue
        service, _, number = who.strip().rpartition("-")
        time, _, text = said.partition(" ")
        shown = {"service": service, "replica": int(number), "time": time, "text": text}
        print(json.dumps(shown, ensure_ascii=False), flush=True)
