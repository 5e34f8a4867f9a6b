"""Command lines of `plan` and `status` in their usual words, read without typer.

To load typer and to make a command line from signatures takes a third of the time of a plan, and an edit is
followed by a plan many times a day. What is not in these tables, and every mistake, is left to typer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from shipyard.cli.formats import PlanFormat, StatusFormat
from shipyard.errors import ExitCode
from shipyard.model.record import Record


class Words(Record):
    """Of one command, what each word gives a value for: options with a value and how it is read, flags, and
    whether there may be names of services. `module` holds the function of the command's name."""

    module: str
    options: Mapping[str, tuple[str, Callable[[str], Any]]]
    flags: Mapping[str, str]
    services: bool = False


_WHERE: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "--stage": ("stage", str),
    "-s": ("stage", str),
    "--instance": ("instance", str),
    "--dir": ("folder", Path),
    "-C": ("folder", Path),
}
USUAL = {
    "plan": Words(
        module="shipyard.cli.planning",
        options={**_WHERE, "--format": ("output", PlanFormat)},
        flags={"--offline": "offline", "--drift": "drift", "--detailed-exitcode": "detailed_exitcode"},
        services=True,
    ),
    "status": Words(
        module="shipyard.cli.looking",
        options={**_WHERE, "--format": ("output", StatusFormat)},
        flags={"--watch": "watch", "-w": "watch"},
    ),
}


def read(arguments: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """The command and what its words give; None where there is anything but usual words."""
    words = USUAL.get(arguments[0]) if arguments else None
    if words is None:
        return None
    given: dict[str, Any] = {}
    services: list[str] = []
    rest = list(arguments[:0:-1])
    while rest:
        word = rest.pop()
        name, equals, value = word.partition("=")
        if word in words.flags:
            given[words.flags[word]] = True
        elif name in words.options and (equals or rest):
            if equals and not name.startswith("--"):
                return None
            value = value if equals else rest.pop()
            if not value or value.startswith("-"):
                return None
            target, kind = words.options[name]
            try:
                given[target] = kind(value)
            except ValueError:
                return None
        elif words.services and word and not word.startswith("-"):
            services.append(word)
        else:
            return None
    if services:
        given["services"] = services
    return arguments[0], given


def invoke(command: str, given: Mapping[str, Any]) -> int:
    """Run a command that was read; its exit code."""
    code = getattr(import_module(USUAL[command].module), command)(**given)
    return int(ExitCode.DONE if code is None else code)
