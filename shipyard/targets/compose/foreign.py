"""Reads a Compose file that Shipyard did not write, by Compose itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipyard.errors import ShipyardError
from shipyard.source.env_file import read_env_file
from shipyard.targets.compose.command import docker_missing


class ComposeFileError(ShipyardError):
    """A Compose file that cannot be taken over."""


def read_compose_file(path: Path) -> dict[str, Any]:
    """The model as Compose has parsed it, variables as they are written; what env files and files of secrets
    say is in it. Raises ComposeFileError."""
    command = ["docker", "compose", "-f", str(path), "config", "--no-interpolate", "--format", "json"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise docker_missing() from None
    if done.returncode != 0:
        raise ComposeFileError(
            "Compose does not accept the file",
            where=str(path),
            details=tuple(f"| {line}" for line in done.stderr.strip().splitlines()),
            hint="mend it until `docker compose config` takes it",
        )
    model: dict[str, Any] = json.loads(done.stdout)
    for service in (model.get("services") or {}).values():
        given = service.get("environment") or {}
        if isinstance(given, list):
            given = {key: text if sign else None for key, sign, text in (one.partition("=") for one in given)}
        service["environment"] = {**_of_files(service.get("env_file") or ()), **given}
    for name, secret in (model.get("secrets") or {}).items():
        if isinstance(secret, Mapping) and "file" in secret:
            model["secrets"][name] = {**secret, "value": _text(Path(secret["file"]))}
    return model


def known_variables(path: Path) -> dict[str, str]:
    """The variables of the .env beside a Compose file."""
    return {name: value for name, value in read_env_file(path.absolute().parent / ".env").items() if value}


def _of_files(files: Any) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for file in files:
        found |= read_env_file(Path(file["path"] if isinstance(file, Mapping) else file))
    # As text, not as a reference: a dollar sign is written twice.
    return {name: value.replace("$", "$$") if value else value for name, value in found.items()}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return None
