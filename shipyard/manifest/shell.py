"""Commands that need a shell, or a tool of a system, in an image that has none."""

from __future__ import annotations

import posixpath

from shipyard.manifest.errors import Problems
from shipyard.model.manifest import Manifest, Service

DISTROLESS = "distroless"
HINT = 'name the program and its words alone, or build on base = "slim"'
_ABSENT = frozenset(
    [
        *("cat", "chown", "cp", "curl", "date", "echo", "env", "grep", "ls", "mkdir", "nc", "nice", "ps"),
        *("pgrep", "rm", "sed", "sleep", "test", "timeout", "touch", "true", "wget"),
    ]
)
"""Programs of the slim image, or such as are often installed there, that a container is told to run."""
_SHELLS = ("sh", "ash", "bash", "dash", "ksh", "zsh")


def needs_shell(command: tuple[str, ...]) -> str | None:
    """Why a command cannot run without a shell and a system's tools, None where it can."""
    if not command:
        return None
    name = posixpath.basename(command[0])
    if name in _ABSENT:
        return f'base = "{DISTROLESS}" has no {name}'
    if name not in _SHELLS and posixpath.splitext(name)[1].removeprefix(".") not in _SHELLS:
        return None
    said = command[2] if command[:2] == ("/bin/sh", "-c") and len(command) == 3 else " ".join(command)
    return f'{said!r} needs a shell, and base = "{DISTROLESS}" has none'


def check_shell(service: Service, manifest: Manifest, problems: Problems) -> None:
    owner = next((one for one in manifest.services if one.name == service.like), service)
    if owner.build.base != DISTROLESS or owner.build.dockerfile is not None:
        return
    commands = {
        ("command",): service.command,
        ("entrypoint",): service.entrypoint,
        ("before_deploy",): service.before_deploy,
        ("health", "command"): service.health.command if service.health else None,
    }
    for path, command in commands.items():
        why = None if command and command[0] in owner.build.packages else needs_shell(command or ())
        if why is not None:
            problems.add(("services", service.name, *path), why, HINT)
