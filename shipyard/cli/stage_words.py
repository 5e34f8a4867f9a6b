"""Commands that an error advises are about the stage that the error is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipyard.cli.place import option

_ADVISED = (
    r"`shipyard ((?:secret )?(?:plan|apply|down|status|logs|start|stop|restart|scale|exec|run|doctor|lease"
    r"|build|set|generate|check))(?![^`]*--(?:stage|instance|help))\b"
)


def in_its_stage(text: str, arguments: Sequence[str], about: str) -> str:
    """The text with the options after the names of commands in backticks: those of the command line, or
    `about`, which a saved plan says. Without them such a command may be about another stage."""
    named = [
        f"{long} {found}"
        for long, short in (("--stage", "-s"), ("--instance", None))
        if (found := option(arguments, long, short))
    ]
    words = " ".join(named) or about
    return re.sub(_ADVISED, lambda match: f"{match[0]} {words}", text) if words else text
