"""Decisions with their evidence, for a terminal and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from shipyard.model.desired import Desired, ServiceSpec


def explain_text(desired: Desired, names: tuple[str, ...]) -> str:
    """A block for each service: what it is, each decision and why, and notes."""
    lines = [f"{desired.manifest.name} / {desired.manifest.stage}"]
    plans = {plan.service: plan for plan in desired.images}
    for name in names:
        spec = desired.service(name)
        lines += ["", f"{name}: {_kind(spec)}"]
        decisions = desired.decisions.get(name, ())
        subject = max((len(one.subject) for one in decisions), default=0)
        value = min(40, max((len(one.value) for one in decisions), default=0))
        for one in decisions:
            lines.append(f"  {one.subject:<{subject}}  {one.value:<{value}}  {one.origin}: {one.evidence}")
        if name in plans:
            lines += [f"  note: {note}" for note in plans[name].notes]
    return "\n".join(lines) + "\n"


def _kind(spec: ServiceSpec) -> str:
    if spec.built is None:
        return f"runs the image {spec.image}"
    if spec.built != spec.name:
        return f"runs the image of {spec.built} ({spec.image})"
    return f"built from source as {spec.image}"


def explain_json(desired: Desired, names: tuple[str, ...]) -> str:
    document = {
        "project": desired.manifest.name,
        "stage": desired.manifest.stage,
        "services": {
            name: {
                "image": desired.service(name).image,
                "decisions": [asdict(one) for one in desired.decisions.get(name, ())],
            }
            for name in names
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
