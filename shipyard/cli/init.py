"""`shipyard init`: the first manifest of a project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder
from shipyard.errors import ShipyardError

FILE = ".env.dev"


class ManifestExists(ShipyardError):
    """There is a manifest already; it is its owner's."""


def init(
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the manifest and write nothing.")] = False,
    folder: Folder = Path(),
) -> None:
    """Look at the project and write the shortest shipyard.toml that works, with what its settings need.

    Example: shipyard init
    """
    import secrets

    from shipyard.manifest import load
    from shipyard.starter.draft import manifest_text, secrets_text
    from shipyard.starter.guess import guess

    root = folder.absolute()
    target = root / "shipyard.toml"
    if target.exists() and not stdout:
        raise ManifestExists("there is a shipyard.toml already", where=str(target), hint="edit it")
    draft = guess(root, lambda: secrets.token_urlsafe(32))
    text = manifest_text(draft)
    if stdout:
        sys.stdout.write(text)
        return
    target.write_text(text, encoding="utf-8")
    try:
        load(root, stage=None, instance=None, environ={})
    except ShipyardError:
        target.unlink()
        raise
    print("wrote shipyard.toml")
    if draft.secrets:
        _write_secrets(root, secrets_text(draft))
    for note in draft.notes:
        print(f"note: {note}")
    print("next: shipyard plan")


def _write_secrets(root: Path, lines: str) -> None:
    """Generated values go into a file that git ignores; what is there already stays."""
    file, ignore = root / FILE, root / ".gitignore"
    known = file.read_text(encoding="utf-8") if file.exists() else ""
    names = {line.partition("=")[0] for line in known.splitlines()}
    new = [line for line in lines.splitlines() if line.partition("=")[0] not in names]
    if not file.exists():
        file.touch(mode=0o600)
    with file.open("a", encoding="utf-8") as out:
        out.write(("\n" if known and not known.endswith("\n") else "") + "".join(f"{one}\n" for one in new))
    ignored = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if not {FILE, ".env*", ".env.*"} & {line.strip().lstrip("/") for line in ignored.splitlines()}:
        with ignore.open("a", encoding="utf-8") as out:
            out.write(("\n" if ignored and not ignored.endswith("\n") else "") + f"{FILE}\n")
    written = ", ".join(line.partition("=")[0] for line in new)
    print(f"wrote {written or 'nothing new'} to {FILE}, which git ignores")
