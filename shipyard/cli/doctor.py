"""`shipyard doctor`: what is wrong, with the machine, the project or what runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage
from shipyard.errors import ExitCode, ShipyardError

if TYPE_CHECKING:
    from shipyard.diagnosis.machine import Check
    from shipyard.engine.connect import Connection
    from shipyard.model.manifest import Manifest


def doctor(
    stage: Stage = None, instance: Instance = None, output: Output = Format.TEXT, folder: Folder = Path()
) -> int:
    """Check the machine, the project and what runs, and say of each failure what mends it.

    Exits with 1 where something fails. Nothing is changed.

    Example: shipyard doctor --stage prod
    """
    import json

    from shipyard.model.record import asdict

    checks = []
    for check in _checks(folder, stage, instance):
        checks.append(check)
        if output is Format.TEXT:
            print(_line(check), flush=True)
    failed = [one for one in checks if one.verdict == "failure"]
    if output is Format.JSON:
        print(json.dumps({"format": 1, "checks": [asdict(one) for one in checks]}, indent=2))
    elif failed:
        print(f"\n{len(failed)} of {len(checks)} failed", file=sys.stderr)
    return ExitCode.FAILED if failed else ExitCode.DONE


MARKS = {"ok": "ok  ", "warning": "warn", "failure": "FAIL"}


def _line(check: Check) -> str:
    from shipyard.render.printable import printable

    text = printable(f"{MARKS[check.verdict]}  {check.subject}: {check.text}")
    return text + (f"\n      -> {printable(check.hint)}" if check.hint else "")


def _checks(folder: Path, stage: str | None, instance: str | None) -> Iterator[Check]:
    from shipyard.cli.loading import load_project
    from shipyard.diagnosis.machine import Check
    from shipyard.engine.connect import connect

    manifest: Manifest | None = None
    engine: str | None = None
    try:
        manifest = load_project(folder, stage, instance).manifest
        engine = manifest.engine
        yield Check(subject="shipyard.toml", verdict="ok", text=f"{manifest.name}, stage {manifest.stage}")
    except ShipyardError as error:
        yield from _told(error, "shipyard.toml")
    try:
        with connect(engine, os.environ) as connection:
            yield from _machine(connection)
            if manifest is not None:
                yield from _project(manifest, connection)
    except ShipyardError as error:
        yield from _told(error, "engine")


def _told(error: ShipyardError, subject: str) -> Iterator[Check]:
    from shipyard.diagnosis.machine import Check

    for one in error.each():
        text = "; ".join((one.title, *one.details))
        yield Check(subject=one.where or subject, verdict="failure", text=text, hint=one.hint or "")


def _machine(connection: Connection) -> Iterator[Check]:
    from shipyard.diagnosis.machine import machine_checks
    from shipyard.engine.facts import machine_facts
    from shipyard.engine.plugins import plugin
    from shipyard.targets.compose.command import plugin_version

    environment = connection.environment(os.environ)
    commands = {
        "Docker Compose": [*plugin("compose", environment), "version", "--short"],
        "Buildx": ["docker", "buildx", "version"],
    }
    versions: dict[str, str | None] = {}
    for name, words in commands.items():
        try:
            said = plugin_version(words, environment)
        except ShipyardError:
            said = None
        versions[name] = " ".join((said or "").split()) or None
    yield from machine_checks(machine_facts(connection, versions))


def _project(manifest: Manifest, connection: Connection) -> Iterator[Check]:
    from shipyard.cli.examining import running_checks
    from shipyard.cli.project import look
    from shipyard.cli.reaching import registry_checks
    from shipyard.compile.builds import compile_builds
    from shipyard.diagnosis.machine import Check
    from shipyard.engine.secret_values import new_key, of_stage

    try:
        builds = compile_builds(manifest)
        seen = look(connection, manifest, builds, fallback_key=new_key())
    except ShipyardError as error:
        yield from _told(error, "project")
        return
    for detected, plan in builds.values():
        tools = f"{detected.manager}, Python {detected.python}; " if detected.python else ""
        count = len(plan.files)
        found = (
            f"{tools}{count} file{'' if count == 1 else 's'} reach{'es' if count == 1 else ''} {plan.tagged}"
        )
        yield Check(subject=f"services.{plan.service}", verdict="ok", text=found)
    made = seen.plan()
    for problem in made.problems:
        yield Check(subject=problem.address, verdict="failure", text=problem.title, hint=problem.hint or "")
    missing = sorted(name for name, place in seen.found.sources.items() if place is None)
    for name in missing:
        looked = " and ".join(seen.found.looked_in)
        yield Check(
            subject=f"secret {name}",
            verdict="failure",
            text=f"has no value in {looked}",
            hint=f"shipyard secret set {name}{of_stage(manifest)}",
        )
    yield from registry_checks(seen)
    stage = of_stage(manifest)
    if made.operations and seen.observed.containers:
        yield Check(
            subject="plan",
            verdict="warning",
            text=f"what runs is not what is declared: {len(made.operations)} operations are due",
            hint=f"`shipyard plan{stage}` tells them, `shipyard apply{stage}` does them",
        )
    yield from running_checks(seen)
