"""Asking before something changes."""

from __future__ import annotations

import sys

from shipyard.errors import ShipyardError, UsageError
from shipyard.model.manifest import Manifest


class Declined(ShipyardError):
    """The user said no: nothing was touched."""


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless told not to. Raises UsageError without a terminal, Declined on anything but yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="add --yes to go on without asking")
    if _ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise Declined("nothing was changed")


def confirm_name(question: str, manifest: Manifest, *, given: str | None) -> None:
    """For a protected stage: its name has to be typed, or given with --confirm; for an instance that one's,
    so that the word for a preview is none for the stage itself."""
    name = manifest.instance or manifest.stage
    if given is None and sys.stdin.isatty():
        given = _ask(f"{question} Type {name} to go on: ").strip()
    if given is None:
        hint = f"--yes is not enough: add --confirm {name}"
        raise UsageError(f"stage {manifest.stage} is protected", hint=hint)
    if given != name:
        raise Declined(f"{given!r} is not {name!r}: nothing was changed")


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()
