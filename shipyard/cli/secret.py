"""`shipyard secret`: the values of a stage's secrets on this machine. None is ever shown."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipyard.cli.addresses import is_address
from shipyard.cli.completion import complete_secret
from shipyard.cli.formats import Format
from shipyard.cli.options import Folder, Instance, Output, Stage
from shipyard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shipyard.model.manifest import Manifest

LENGTH = 40
"""Letters and digits of a generated value: 238 bits, and no sign that a URL or a shell takes for its own."""


class Action(StrEnum):
    LIST = "list"
    SET = "set"
    GENERATE = "generate"
    CHECK = "check"


def secret(
    action: Annotated[Action, typer.Argument(show_default=False)],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", show_default=False, autocompletion=complete_secret),
    ] = None,
    stage: Stage = None,
    instance: Instance = None,
    output: Output = Format.TEXT,
    force: Annotated[bool, typer.Option("--force", help="generate: in the place of a value too.")] = False,
    folder: Folder = Path(),
) -> int:
    """List a stage's secrets and where their values are, set one, generate those that are missing, or check.

    `set NAME` asks for the value, or reads it from standard input; set and generate write to the stage's
    file, .env.STAGE (.env where there are no stages).

    Example: shipyard secret set SENTRY_DSN --stage prod
    """
    from shipyard.cli.loading import load_project

    manifest = load_project(folder, stage, instance).manifest
    if action is Action.SET and (not names or len(names) != 1):
        raise UsageError(
            "name one secret to set, without its value: others could read a command line",
            hint="`shipyard secret set NAME` asks for it, or reads what is piped in",
        )
    users = _users(manifest)
    for name in names or ():
        if name not in users:
            import difflib

            near = difflib.get_close_matches(name, users, 1)
            known = f"declared: {', '.join(sorted(users))}" if users else "none is declared"
            raise UsageError(
                f"no service of this stage uses a secret {name!r}",
                hint=f"did you mean {near[0]}?" if near else known,
            )
    match action:
        case Action.SET:
            assert names
            _write(manifest, {names[0]: _asked(names[0])})
            return ExitCode.DONE
        case Action.GENERATE:
            return _generate(manifest, names or sorted(users), chosen=bool(names), force=force)
        case _:
            return _tell(manifest, names or sorted(users), users, output, check=action is Action.CHECK)


def _users(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """The services that use each secret, by its name."""
    from shipyard.model.manifest import SecretRef

    found: dict[str, dict[str, None]] = {}
    for service in manifest.services:
        names = [*(one.source for one in service.secrets), *service.build.secrets]
        names += [
            part.name for value in service.env.values() for part in value if isinstance(part, SecretRef)
        ]
        for name in names:
            found.setdefault(name, {})[service.name] = None
    return {name: tuple(users) for name, users in found.items()}


def _asked(name: str) -> str:
    """On a terminal unseen; of what is piped in, one line end at its end is not part of it."""
    if sys.stdin.isatty():
        import getpass

        value = getpass.getpass(f"{name}: ", stream=sys.stderr)
    else:
        data = sys.stdin.buffer.read()
        try:
            value = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise UsageError(f"what was given for {name} is no UTF-8", hint="encode it in base64") from None
    if not value:
        raise UsageError(f"no value was given for {name}", hint="type it, or pipe it in")
    return value


def _generate(manifest: Manifest, names: list[str], *, chosen: bool, force: bool) -> int:
    import secrets
    import string

    from shipyard.engine.secret_values import find_values

    there = find_values(manifest.root, manifest.stage, names, os.environ, manifest.provider).sources
    if chosen and not force and there:
        name, place = sorted(there.items())[0]
        raise UsageError(
            f"{name} has a value already, in {place}",
            hint="--force generates another: what was set up with the old one, a database say, keeps that",
        )
    addresses = [name for name in names if is_address(name) and name not in there]
    if addresses and chosen and not force:
        raise UsageError(
            f"{addresses[0]} is an address, and a random text is none",
            hint=f"`shipyard secret set {addresses[0]}` asks for it; --force generates one all the same",
        )
    if addresses and not chosen:
        names = [name for name in names if name not in addresses]
        print(f"{', '.join(addresses)}: an address is for you to set", file=sys.stderr)
    missing = names if chosen else [name for name in names if name not in there]
    letters = string.ascii_letters + string.digits
    made = {name: "".join(secrets.choice(letters) for _ in range(LENGTH)) for name in missing}
    _write(manifest, made)
    return ExitCode.DONE


def _write(manifest: Manifest, values: Mapping[str, str]) -> None:
    from shipyard.engine.secret_values import env_file
    from shipyard.source.env_file import read_env_file
    from shipyard.source.env_write import write_env_value
    from shipyard.source.git import git_ignores

    path = env_file(manifest.root, manifest.stage)
    # One that does not parse is told before anything is written.
    read_env_file(path)
    for name, value in values.items():
        there = bool(read_env_file(path).get(name))
        write_env_value(path, name, value)
        print(f"{'replaced' if there else 'wrote'} {name} {'in' if there else 'to'} {path.name}")
        if os.environ.get(name):
            print(f"note: the environment has {name} too, and counts before the file", file=sys.stderr)
    if not values:
        print("every secret has a value")
    elif git_ignores(manifest.root, path.name) is False:
        print(f"warning: git does not ignore {path.name}: add it to .gitignore", file=sys.stderr)


def _tell(
    manifest: Manifest,
    names: list[str],
    users: Mapping[str, tuple[str, ...]],
    output: Format,
    *,
    check: bool,
) -> int:
    from shipyard.engine.secret_values import find_values, of_stage
    from shipyard.source.git import git_ignores

    found = find_values(manifest.root, manifest.stage, names, os.environ, manifest.provider)
    rows = [
        {"name": name, "services": list(users[name]), "source": found.sources.get(name)}
        for name in sorted(names)
    ]
    if output is Format.JSON:
        import json

        print(json.dumps({"format": 1, "stage": manifest.stage, "secrets": rows}, indent=2))
    else:
        width = max((len(str(row["name"])) for row in rows), default=0)
        for row in rows:
            place = row["source"] or f"MISSING: looked in {' and '.join(found.looked_in)}"
            print(f"{row['name']:<{width}}  {place}  (for {', '.join(users[str(row['name'])])})")
        if not rows:
            print("no secret is declared")
    missing = [str(row["name"]) for row in rows if row["source"] is None]
    file = found.looked_in[1]
    exposed = file in found.sources.values() and git_ignores(manifest.root, file) is False
    if not check:
        return ExitCode.DONE
    if missing:
        mend = f"shipyard secret set {missing[0]}{of_stage(manifest)}"
        print(f"missing: {', '.join(missing)}\n  -> {mend}", file=sys.stderr)
    else:
        print("every secret has a value", file=sys.stderr)
    if exposed:
        print(f"git does not ignore {file}\n  -> add it to .gitignore", file=sys.stderr)
    return ExitCode.FAILED if missing or exposed else ExitCode.DONE
