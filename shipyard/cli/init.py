"""`shipyard init`: the first manifest of a project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.options import Folder
from shipyard.errors import ShipyardError, UsageError
from shipyard.source.env_file import read_env_file

if TYPE_CHECKING:
    from shipyard.starter.draft import Draft

FILE = ".env.dev"


class ManifestExists(ShipyardError):
    """There is a manifest already; it is its owner's."""


def init(
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the manifest and write nothing.")] = False,
    compose: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take over the services of a Compose file."),
    ] = None,
    dockerfile: Annotated[
        bool, typer.Option("--dockerfile", help="With --from: build by the Dockerfiles that it names.")
    ] = False,
    folder: Folder = Path(),
) -> None:
    """Look at the project and write the shortest shipyard.toml that works, with what its settings need.

    With --from: what a Compose file says, its volumes by their real names, so that their data is kept.

    Example: shipyard init --from compose.yaml
    """
    import secrets

    from shipyard.manifest import load
    from shipyard.starter.draft import manifest_text, secrets_text
    from shipyard.starter.guess import guess

    root = folder.absolute()
    target = root / "shipyard.toml"
    if target.exists() and not stdout:
        raise ManifestExists(
            "there is a shipyard.toml already",
            where=str(target),
            hint="edit it; `shipyard init --stdout` shows what would be written today",
        )
    if dockerfile and compose is None:
        raise UsageError(
            "--dockerfile goes with --from", hint="or write build = { dockerfile = ... } yourself"
        )
    if compose is not None:
        draft = _taken_over(compose, root, dockerfile)
    else:
        draft = guess(root, lambda: secrets.token_urlsafe(32), _known(root))
    text = manifest_text(draft)
    if stdout:
        sys.stdout.write(text)
        return
    try:
        # First what may fail: a manifest without its secrets would be in the way of the next try.
        told = _write_secrets(root, secrets_text(draft)) if draft.secrets else ""
        target.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShipyardError(f"the project's files cannot be written: {error}", where=str(root)) from error
    try:
        load(root, stage=None, instance=None, environ={})
    except ShipyardError as error:
        if compose is None:
            target.unlink()
            raise
        # Most of the work is done, and the rest is for somebody who knows the project.
        print(f"shipyard.toml is not complete:\n{error}", file=sys.stderr)
    print("wrote shipyard.toml")
    if told:
        print(told)
    for note in draft.notes:
        print(f"note: {note}")
    print("next: shipyard plan")


def _known(root: Path) -> dict[str, str]:
    """What the project's own .env says: development goes on with these values."""
    return {name: value for name, value in read_env_file(root / ".env").items() if value}


def _taken_over(path: Path, root: Path, dockerfile: bool) -> Draft:
    from shipyard.starter.compose_file import take_over
    from shipyard.targets.compose.foreign import known_variables, read_compose_file

    return take_over(read_compose_file(path), root, known_variables(path), dockerfiles=dockerfile)


def _write_secrets(root: Path, lines: str) -> str:
    """Generated values go into a file that git ignores; what is there already stays. What was done."""
    file, ignore = root / FILE, root / ".gitignore"
    known = file.read_text(encoding="utf-8") if file.exists() else ""
    names = {line.partition("=")[0] for line in known.splitlines()}
    new = [line for line in lines.splitlines() if line.partition("=")[0] not in names]
    if not file.exists():
        file.touch(mode=0o600)
    with file.open("a", encoding="utf-8") as out:
        out.write(("\n" if known and not known.endswith("\n") else "") + "".join(f"{one}\n" for one in new))
    ignored = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    there = {line.strip().lstrip("/") for line in ignored.splitlines()}
    # Those of other stages as well, before anybody writes one.
    wanted = [] if {".env*", ".env.*"} & there else [".env*", "!.env.example"]
    wanted += [one for one in ("*.plan", "*.plan.md", "*.shipyard.json", "*.backup") if one not in there]
    if wanted:
        with ignore.open("a", encoding="utf-8") as out:
            out.write(("\n" if ignored and not ignored.endswith("\n") else "") + "\n".join(wanted) + "\n")
    written = ", ".join(line.partition("=")[0] for line in new if not line.endswith("="))
    told = f"wrote {written or 'nothing new'} to {FILE}, which git ignores"
    return told + (f"; added {', '.join(wanted)} to .gitignore" if wanted else "")
