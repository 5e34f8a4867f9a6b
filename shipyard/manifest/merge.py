"""Choose the stage and lay its overrides over the base, keeping where every value comes from.

Tables merge deeply; lists and scalars replace. A value of None stands for one that was wrong and is
already told: it keeps its place and is read as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shipyard.manifest.errors import Invalid, Problems, did_you_mean
from shipyard.model.origin import Origin, Path
from shipyard.model.record import replace

Table = dict[str, Any]
Origins = dict[Path, Origin]

IMAGE_KEYS = ("path", "context", "python", "build")
BUILT_KEYS = (*IMAGE_KEYS, "framework", "app")
_RIVALS = {
    "image": (*BUILT_KEYS, "like"),
    "path": ("image", "like"),
    "like": (*IMAGE_KEYS, "image"),
}
"""Where a service's image comes from: a layer that says one of them takes back the others below."""


def choose_stage(document: Table, wanted: str | None, environ: Mapping[str, str]) -> str:
    """The stage to load. Raises Invalid."""
    stages = document.get("stages", {})
    stage = wanted or environ.get("SHIPYARD_STAGE")
    if not stage:
        if not stages:
            return "default"
        if "dev" in stages:
            return "dev"
        raise Invalid(
            f"which stage? There are {', '.join(sorted(stages))}", "say --stage NAME or set SHIPYARD_STAGE"
        )
    # By name the base itself can always be had: it may run from before there were stages.
    if stage in stages or stage == "default":
        return stage
    if not stages:
        raise Invalid(
            f"unknown stage {stage!r}: the manifest declares none",
            f"add [stages.{stage}], or leave out --stage",
        )
    raise Invalid(f"unknown stage {stage!r}", did_you_mean(stage, stages))


def merge_stage(document: Table, stage: str, problems: Problems) -> tuple[Table, Origins]:
    """The document of one stage, without `stages`, and the origin of each of its places."""
    merged: Table = {}
    origins: Origins = {}
    base = {key: value for key, value in document.items() if key != "stages"}
    _layer(merged, origins, base, (), Origin(kind="manifest"), problems)
    override = document.get("stages", {}).get(stage)
    if override is not None:
        _layer(merged, origins, override, ("stages", stage), Origin(kind="stage", stage=stage), problems)
    return merged, origins


def _layer(
    merged: Table, origins: Origins, layer: Table, at: Path, origin: Origin, problems: Problems
) -> None:
    """Lay the table found at `at` in the file over what is merged so far."""

    def origin_of(path: Path) -> Origin:
        return replace(origin, path=(*at, *path))

    rest = {key: value for key, value in layer.items() if key != "services"}
    overlay(merged, origins, rest, (), origin_of)
    below = merged.setdefault("services", {})
    for name, service in layer.get("services", {}).items():
        path = ("services", name)
        if service is False:
            if name not in below:
                title = f"there is no service {name!r} to remove"
                problems.add((*at, *path), title, did_you_mean(name, below), in_file=True)
            below.pop(name, None)
            forget(origins, path)
        else:
            own = _normal(service)
            _replace_rivals(below.get(name, {}), origins, own, path)
            overlay(below, origins, {name: own}, ("services",), origin_of)


def overlay(
    target: Table, origins: Origins, source: Table, path: Path, origin_of: Callable[[Path], Origin]
) -> None:
    """Lay `source` over `target`, which is at `path` in the merged manifest."""
    for key, value in source.items():
        here = (*path, key)
        if isinstance(value, dict):
            if not isinstance(target.get(key), dict):
                target[key] = {}
                origins[here] = origin_of(here)
            overlay(target[key], origins, value, here, origin_of)
        else:
            if isinstance(target.get(key), dict):
                forget(origins, here)
            target[key] = value
            origins[here] = origin_of(here)


def forget(origins: Origins, path: Path) -> None:
    """Drop the origins of `path` and of all below it."""
    for known in [known for known in origins if known[: len(path)] == path]:
        del origins[known]


def _normal(service: Table) -> Table:
    health = service.get("health")
    return {**service, "health": {"path": health}} if isinstance(health, str) else service


def _replace_rivals(below: Table, origins: Origins, own: Table, path: Path) -> None:
    rivals = [rival for key, rivals in _RIVALS.items() if key in own for rival in rivals]
    _drop(below, origins, path, [rival for rival in rivals if rival not in own])
    health, kept = own.get("health"), below.get("health")
    if isinstance(health, dict) and isinstance(kept, dict):
        # A check by path and one by command replace one another as well.
        for key, rival in (("path", "command"), ("command", "path")):
            if key in health and rival not in health:
                _drop(kept, origins, (*path, "health"), [rival])


def _drop(table: Table, origins: Origins, path: Path, keys: list[str]) -> None:
    for key in keys:
        if key in table:
            del table[key]
            forget(origins, (*path, key))
