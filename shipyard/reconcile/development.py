"""A development server where there is no development."""

from __future__ import annotations

from shipyard.compile.dev_server import development_server
from shipyard.compile.develop import DEVELOPERS
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.plan import Problem


def development_problems(desired: Desired) -> list[Problem]:
    """Services that would run one in any stage but those of developers."""
    stage = desired.manifest.stage
    if stage in DEVELOPERS or desired.manifest.mode == "develop":
        return []
    return [
        Problem(
            address=f"service.{spec.name}",
            title=f"{told} is a development server, and {stage} is no development stage",
            hint="leave command out to get a server for production, "
            f"or move it to [stages.dev.services.{spec.name}]",
        )
        for spec in desired.services
        if (told := development_server(_command(desired, spec))) is not None
    ]


def _command(desired: Desired, spec: ServiceSpec) -> tuple[str, ...]:
    """What a service runs: its own command, or its image's as far as Shipyard made it."""
    if spec.command is not None:
        return (*(spec.entrypoint or ()), *spec.command)
    plan = next((one for one in desired.images if one.service == spec.name), None)
    words = plan.facts.get("command") if plan is not None and spec.built == spec.name else None
    return tuple(map(str, words)) if isinstance(words, list) else ()
