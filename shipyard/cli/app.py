"""The command line: one file a command, registered here."""

from __future__ import annotations

from typing import Any

import typer

import shipyard
from shipyard.cli import (
    apply,
    build,
    compose,
    config,
    down,
    explain,
    init,
    lease,
    observe,
    plan,
    render,
    status,
)
from shipyard.errors import ExitCode

app = typer.Typer(
    name="shipyard",
    help="Declarative builds and deploys for Python web applications.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("plan")(plan.plan)
app.command("apply")(apply.apply)
app.command("observe")(observe.observe)
app.command("status")(status.status)
app.command("down")(down.down)
app.command("lease")(lease.lease)
app.command("build")(build.build)
app.command("config")(config.config)
app.command("explain")(explain.explain)
app.command("render")(render.render)
app.command(
    "compose",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": ["--help"],
    },
)(compose.compose)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"shipyard {shipyard.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Plan, build and run a Python web project from one shipyard.toml."""


# typer brings click's errors and exports only some: this is what they all derive from.
_CommandLineError: Any = typer.BadParameter.__mro__[2]


def invoke(arguments: list[str]) -> int:
    """Run a command line; its exit code. Wrong usage is 64, not typer's own 2, which means changes."""
    try:
        result = app(args=arguments, prog_name="shipyard", standalone_mode=False)
    except typer.Abort:
        return int(ExitCode.INTERRUPTED)
    except _CommandLineError as error:
        error.show()
        return int(ExitCode.USAGE)
    return int(result) if isinstance(result, int) else int(ExitCode.DONE)
