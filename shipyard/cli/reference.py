"""`shipyard reference`: all commands and keys, as one text."""

from __future__ import annotations

import json
import sys
from typing import Any


def reference() -> None:
    """Print the reference as Markdown: each command with its options, each key of shipyard.toml.

    Example: shipyard reference > reference.md
    """
    import typer

    from shipyard.cli.app import COMMANDS, application
    from shipyard.manifest.schema import schema_path
    from shipyard.render.reference import Command, Parameter, reference_text

    group: Any = typer.main.get_command(application(COMMANDS))
    made = []
    for name in COMMANDS:
        command = group.commands[name]
        context = command.make_context(name, [], resilient_parsing=True)
        usage = " ".join([f"shipyard {name}", *command.collect_usage_pieces(context)])
        rows = [
            one.get_help_record(context) or _argument(one, context) for one in command.get_params(context)
        ]
        told = [(names, meaning) for names, meaning in rows if meaning and names != "--help"]
        parameters = tuple(Parameter(names=names, meaning=meaning) for names, meaning in told)
        made.append(Command(name=name, usage=usage, text=command.help or "", parameters=parameters))
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    sys.stdout.write(reference_text(made, schema))


def _argument(parameter: Any, context: Any) -> tuple[str, str]:
    """(names, meaning) of one that the help tells of in its usage alone."""
    return str(parameter.make_metavar(context)), str(getattr(parameter, "help", None) or "")
