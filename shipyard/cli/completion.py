"""Names for the shell to complete: of services and stages, out of the manifest that is there. What cannot be
read completes to nothing: a shell shows no errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer


def complete_service(context: typer.Context, incomplete: str) -> list[str]:
    """Services of all stages."""
    document = _document(context)
    tables = [document, *_tables(document.get("stages"))]
    names = {name: None for table in tables for name in _keys(table.get("services"))}
    return [name for name in names if name.startswith(incomplete)]


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


def _keys(table: object) -> list[str]:
    return list(table) if isinstance(table, dict) else []


def _tables(table: object) -> list[dict[str, Any]]:
    return [one for one in table.values() if isinstance(one, dict)] if isinstance(table, dict) else []
