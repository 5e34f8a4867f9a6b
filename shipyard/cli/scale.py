"""`shipyard scale`: more or fewer replicas, until the next apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.completion import complete_count
from shipyard.cli.leasing import LeaseWait
from shipyard.cli.options import Folder, Instance, Stage
from shipyard.errors import UsageError


def scale(
    counts: Annotated[
        list[str], typer.Argument(metavar="SERVICE=N...", show_default=False, autocompletion=complete_count)
    ],
    stage: Stage = None,
    instance: Instance = None,
    lease_wait: LeaseWait = None,
    folder: Folder = Path(),
) -> None:
    """Give services another number of replicas until the next apply, which `plan` tells as drift.

    To keep it, write `replicas` into shipyard.toml.

    Example: shipyard scale worker=4
    """
    from shipyard.cli.operating import operated
    from shipyard.cli.progress import TextReport
    from shipyard.cli.running import NotRunning
    from shipyard.cli.walking import compose_target
    from shipyard.engine.secret_values import require_values
    from shipyard.model.manifest import Manifest
    from shipyard.model.record import replace
    from shipyard.reconcile.scale import scale_operation
    from shipyard.targets.compose.containers import UP

    wanted = dict(_count(text) for text in counts)

    def scaled(manifest: Manifest) -> Manifest:
        services = (replace(one, replicas=wanted.get(one.name, one.replicas)) for one in manifest.services)
        return replace(manifest, services=tuple(services))

    with operated("scale", list(wanted), folder, stage, instance, lease_wait, scaled, ask=True) as work:
        seen = work.seen
        there = {spec.name: work.containers(spec) for spec in work.specs}
        growing = [spec.name for spec in work.specs if spec.replicas > len(there[spec.name])]
        for spec in work.specs:
            if any(one["State"]["Status"] not in UP for one in there[spec.name][: spec.replicas]):
                raise NotRunning(
                    f"not all that {spec.name} has runs",
                    where=f"service.{spec.name}",
                    hint=f"`shipyard start {spec.name}` starts it; then scale it",
                )
        require_values(seen.desired, growing, seen.values)
        made = (seen.desired, seen.connection, seen.values.values, None, TextReport(), work.before_write)
        with compose_target(*made) as target:
            for spec in work.specs:
                found = there[spec.name]
                surplus = tuple(str(one["Id"]) for one in found[spec.replicas :])
                if len(found) != spec.replicas:
                    target.alone(spec.name)
                    target.execute(scale_operation(spec, len(found), surplus, None))
                    target.wait_healthy(spec.name)
                print(f"{spec.name} has {spec.replicas} replicas, and had {len(found)}", flush=True)


def _count(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdecimal() or not 1 <= int(number) <= 1000:
        raise UsageError(
            f"{text!r} is not a service and a number of replicas",
            hint=f"write {name}=3; `shipyard stop {name}` stops all of them",
        )
    return name, int(number)
