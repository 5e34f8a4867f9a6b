"""The command line: one file a command, registered here."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import typer

import shipyard
from shipyard.errors import ExitCode

COMMANDS = (
    "init",
    "plan",
    "apply",
    "promote",
    "dev",
    "observe",
    "status",
    "logs",
    "exec",
    "shell",
    "run",
    "start",
    "stop",
    "restart",
    "scale",
    "stats",
    "down",
    "volumes",
    "backup",
    "restore",
    "doctor",
    "images",
    "prune",
    "secret",
    "lease",
    "build",
    "lock",
    "config",
    "explain",
    "graph",
    "render",
    "compose",
    "reference",
)
"""In the order of the help; each is the function of that name in its own module. A module that takes
other settings of typer's has them in `CONTEXT`."""

_COMPOSES = ("top", "cp", "port", "events", "attach", "kill", "pause", "unpause", "version")
"""Commands that people try and that Compose has."""
_OURS = {
    "up": "apply",
    "deploy": "apply",
    "pull": "apply",
    "ps": "status",
    "watch": "dev",
    "rm": "down",
    "destroy": "down",
}
"""What others call ours."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"shipyard {shipyard.__version__}")
        raise typer.Exit


def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Plan, build and run a Python web project from one shipyard.toml."""


# typer brings click's errors and exports only some: this is what they all derive from.
_CommandLineError: Any = typer.BadParameter.__mro__[2]


def application(names: tuple[str, ...]) -> typer.Typer:
    """The command line of some commands: each costs the time to import it and to read its signature."""
    app = typer.Typer(
        name="shipyard",
        help="Declarative builds and deploys for Python web applications.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    for name in names:
        module = import_module(f"shipyard.cli.{name}")
        command = getattr(module, name)
        # Said here, it is wrapped and not cut.
        first = " ".join((inspect.getdoc(command) or "").partition("\n\n")[0].split())
        app.command(name, short_help=first, context_settings=getattr(module, "CONTEXT", None))(command)
    return app


def invoke(arguments: list[str]) -> int:
    """Run a command line; its exit code. Wrong usage is 64, not typer's own 2, which means changes."""
    app = application(tuple(arguments[:1]) if arguments[:1] and arguments[0] in COMMANDS else COMMANDS)
    try:
        result = app(args=arguments, prog_name="shipyard", standalone_mode=False)
    except typer.Abort:
        return int(ExitCode.INTERRUPTED)
    except _CommandLineError as error:
        error.show()
        if arguments and arguments[0] in _OURS:
            typer.echo(f"  -> shipyard {_OURS[arguments[0]]}", err=True)
        if arguments and arguments[0] in _COMPOSES:
            typer.echo(f"  -> shipyard compose -- {' '.join(arguments)}", err=True)
        return int(ExitCode.USAGE)
    return int(result) if isinstance(result, int) else int(ExitCode.DONE)
