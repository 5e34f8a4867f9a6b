"""Names for the shell to complete: of services and stages, out of the manifest that is there. What cannot be
read completes to nothing: a shell shows no errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer


def complete_service(context: typer.Context, incomplete: str) -> list[str]:
    """Services of all stages."""
    document = _document(context)
    tables = [document, *_tables(document.get("stages"))]
    names = {name: None for table in tables for name in _keys(table.get("services"))}
    typed = context.params.get("services") or ()
    return [name for name in names if name.startswith(incomplete) and name not in typed]


def complete_count(context: typer.Context, incomplete: str) -> list[str]:
    """SERVICE=, for a number to follow."""
    return [f"{name}=" for name in complete_service(context, incomplete)]


def complete_volume(context: typer.Context, incomplete: str) -> list[str]:
    """Of all services, by the names of the manifest."""
    services = _tables(_document(context).get("services"))
    mounts = [str(mount) for one in services for mount in _list(one.get("volumes"))]
    names = dict.fromkeys(mount.partition(":")[0] for mount in mounts if ":" in mount)
    return [name for name in names if name.startswith(incomplete) and "/" not in name]


def complete_secret(context: typer.Context, incomplete: str) -> list[str]:
    """Of all services: those that they list, and those in values."""
    text = repr(_document(context))
    found = re.findall(r"\$\{secret:(\w+)\}", text)
    for service in _tables(_document(context).get("services")):
        listed = service.get("secrets")
        found += _list(listed)
        found += [one.get("from", name) for name, one in listed.items()] if isinstance(listed, dict) else []
    return [name for name in dict.fromkeys(found) if str(name).startswith(incomplete)]


def complete_stage(context: typer.Context, incomplete: str) -> list[str]:
    names = [*_keys(_document(context).get("stages")), "default"]
    return [name for name in names if name.startswith(incomplete)]


def _document(context: typer.Context) -> dict[str, Any]:
    import tomllib

    from shipyard.manifest import ManifestError, find_root

    folder = Path(context.params.get("folder") or ".")
    try:
        return tomllib.loads((find_root(folder.absolute()) / "shipyard.toml").read_text(encoding="utf-8"))
    except (ManifestError, OSError, ValueError):
        return {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _keys(table: object) -> list[str]:
    return list(table) if isinstance(table, dict) else []


def _tables(table: object) -> list[dict[str, Any]]:
    return [one for one in table.values() if isinstance(one, dict)] if isinstance(table, dict) else []
