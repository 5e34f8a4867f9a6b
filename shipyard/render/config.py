"""The merged manifest with origins, for a terminal and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shipyard.compile.desired import Builds
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.origin import Path
from shipyard.model.record import Record, asdict

if TYPE_CHECKING:
    from shipyard.manifest import Loaded


class ConfigRow(Record):
    """One value: `path` dotted, `origin` one of manifest, stage, like, detected, default;
    `where` the manifest's line or the evidence."""

    path: str
    value: object
    origin: str
    where: str


def config_rows(loaded: Loaded, desired: Desired, builds: Builds) -> tuple[ConfigRow, ...]:
    """Declared values in the document's order, then for each service what was detected or defaulted."""
    rows: list[ConfigRow] = []
    for path, value in _leaves(loaded.merged, ()):
        origin = _origin(loaded, path)
        rows.append(ConfigRow(path=_dotted(path), value=value, origin=origin, where=loaded.where(path)))
    told = {row.path for row in rows}
    for name, decisions in desired.decisions.items():
        for decision in decisions:
            key = f"services.{name}.{decision.subject.replace(' ', '_')}"
            if decision.origin != "manifest" and key not in told:
                rows.append(
                    ConfigRow(path=key, value=decision.value, origin=decision.origin, where=decision.evidence)
                )
    rows += _defaults(desired, told)
    return tuple(rows)


def _leaves(value: object, path: Path) -> list[tuple[Path, object]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    return [(path, value)]


def _dotted(path: Path) -> str:
    return ".".join(
        str(part) if str(part).replace("-", "").replace("_", "").isalnum() else json.dumps(str(part))
        for part in path
    )


def _origin(loaded: Loaded, path: Path) -> str:
    """The origin of the nearest place that has one."""
    for length in range(len(path), 0, -1):
        found = loaded.origins.get(path[:length])
        if found is not None:
            return found.kind
    return "default"


def _defaults(desired: Desired, told: set[str]) -> list[ConfigRow]:
    rows = []
    for spec in desired.services:
        values = {
            "restart": spec.restart,
            "stop_timeout": f"{spec.stop_timeout:g}s",
            "replicas": spec.replicas,
            "rollout": spec.rollout,
        }
        for key, value in values.items():
            path = f"services.{spec.name}.{key}"
            if path not in told:
                rows.append(ConfigRow(path=path, value=value, origin="default", where="Shipyard's default"))
        if spec.publish and f"services.{spec.name}.publish" not in told:
            shown = [
                f"{one.host_ip}:{one.host_port or ''}:{one.container_port or spec.port}"
                for one in spec.publish
            ]
            why = "this stage publishes nothing itself"
            path = f"services.{spec.name}.publish"
            rows.append(ConfigRow(path=path, value=shown, origin="default", where=why))
    return rows


def config_text(manifest: Manifest, rows: tuple[ConfigRow, ...]) -> str:
    lines = [f"# {manifest.name} / {manifest.stage}, Compose project {manifest.deployment}"]
    texts = [f"{row.path} = {json.dumps(row.value, ensure_ascii=False)}" for row in rows]
    width = min(60, max((len(text) for text in texts), default=0))
    lines += [f"{text:<{width}}  # {row.origin}: {row.where}" for text, row in zip(texts, rows, strict=True)]
    return "\n".join(lines) + "\n"


def config_json(manifest: Manifest, rows: tuple[ConfigRow, ...]) -> str:
    document = {
        "project": manifest.name,
        "stage": manifest.stage,
        "instance": manifest.instance,
        "deployment": manifest.deployment,
        "values": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
