"""Decisions with their evidence, for a terminal and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping

from shipyard.compile.context import PROJECT_FILES
from shipyard.model.build import BuildPlan, Ignored
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.record import asdict
from shipyard.render.printable import printable

_SHOWN = 12
"""Of the project's own lines in the text; JSON has all."""
_WIDTH = 100
_COLUMN = 40


def explain_text(desired: Desired, names: tuple[str, ...], sizes: Mapping[str, int]) -> str:
    """A block for each service: what it is, each decision and why, which files its image is made of, and
    notes. `sizes` are the bytes of those files by the service that owns the image."""
    lines = [f"{desired.manifest.name} / {desired.manifest.stage}"]
    plans = {plan.service: plan for plan in desired.images}
    for name in names:
        spec = desired.service(name)
        lines += ["", f"{name}: {_kind(spec)}"]
        rows = [
            (one.subject, one.value, f"{one.origin}: {one.evidence}")
            for one in desired.decisions.get(name, ())
        ]
        lines += _columns(rows)
        if name in plans:
            lines += _files(plans[name], sizes[name])
            lines += [f"  note: {printable(note)}" for note in plans[name].notes]
    return "\n".join(lines) + "\n"


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    """A decision a line; what is long (a command, mostly) stands below its evidence."""
    subject = max((len(row[0]) for row in rows), default=0)
    value = max((len(row[1]) for row in rows if len(row[1]) <= _COLUMN), default=0)
    lines = []
    for name, text, evidence in rows:
        if len(text) <= _COLUMN:
            lines.append(f"  {name:<{subject}}  {text:<{value}}  {evidence}")
            continue
        indent = " " * (subject + 4)
        lines += [f"  {name:<{subject}}  {evidence}", *_wrapped(text, indent, indent)]
    return lines


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _files(plan: BuildPlan, size: int) -> list[str]:
    """How much of the context reaches the image, and what does not, a line or more for each kind."""
    place = "the project" if plan.context == "." else plan.context
    lines = [f"  {len(plan.files)} files of {place} in the image, {_bytes(size)}; left out:"]
    for group in _ignored(plan):
        label, words = group.kind, group.patterns
        if group.origin in ("default", "always"):
            words = tuple(dict.fromkeys(one.removeprefix("**/").removesuffix("/**") for one in words))
        if group.origin == "always":
            label = f"{group.kind}, whatever an ignore file says"
        elif group.origin == "needed":
            label = f"but not {group.kind}"
        elif group.origin != "default":
            label = group.origin
            words = words[:_SHOWN] + ((f"and {len(words) - _SHOWN} more",) if len(words) > _SHOWN else ())
        if words:
            lines += _wrapped(f"{label}: {' '.join(words)}", "    ", "      ")
    return lines


def _ignored(plan: BuildPlan) -> tuple[Ignored, ...]:
    """The lines of the ignore file, and what reaches the builder and not the image."""
    if plan.own_dockerfile is not None:
        return plan.ignored
    kind = "for people and tools, at the top"
    return (*plan.ignored, Ignored(origin="default", kind=kind, patterns=PROJECT_FILES))


def _bytes(size: int) -> str:
    """In decimal units, to two digits or more."""
    shown = float(size)
    for unit in ("bytes", "kB", "MB"):
        if shown < 1000:
            return f"{shown:.0f} {unit}" if unit == "bytes" or shown >= 10 else f"{shown:.1f} {unit}"
        shown /= 1000
    return f"{shown:.1f} GB"


def _kind(spec: ServiceSpec) -> str:
    if spec.built is None:
        return f"runs the image {spec.image}"
    if spec.built != spec.name:
        return f"runs the image of {spec.built} ({spec.image})"
    return f"built from source as {spec.image}"


def explain_json(desired: Desired, names: tuple[str, ...], sizes: Mapping[str, int]) -> str:
    plans = {plan.service: plan for plan in desired.images}
    services: dict[str, dict[str, object]] = {}
    for name in names:
        services[name] = {
            "image": desired.service(name).image,
            "decisions": [asdict(one) for one in desired.decisions.get(name, ())],
        }
        if name in plans:
            plan = plans[name]
            services[name]["files"] = {
                "context": plan.context,
                "count": len(plan.files),
                "bytes": sizes[name],
            }
            services[name]["ignored"] = [asdict(group) for group in _ignored(plan)]
    document = {
        "project": desired.manifest.name,
        "stage": desired.manifest.stage,
        "services": services,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
