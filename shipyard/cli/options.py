"""Options shared by the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.completion import complete_service, complete_stage
from shipyard.cli.formats import Format, PlanFormat, StatusFormat

Stage = Annotated[
    str | None,
    typer.Option(
        "--stage",
        "-s",
        metavar="NAME",
        help="The stage; else SHIPYARD_STAGE, else dev, else the only one.",
        autocompletion=complete_stage,
    ),
]
Instance = Annotated[
    str | None,
    typer.Option(
        "--instance", metavar="NAME", help="A copy of the stage with its own name, volumes and ports."
    ),
]
Folder = Annotated[
    Path,
    typer.Option(
        "--dir", "-C", metavar="DIR", help="Where to look for shipyard.toml (and above).", show_default=False
    ),
]
Output = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
PlanOutput = Annotated[
    PlanFormat,
    typer.Option(
        "--format", help="How to print the plan; markdown is for pull requests, html a page of its own."
    ),
]
StatusOutput = Annotated[
    StatusFormat, typer.Option("--format", help="How to print the answer; html is a page of its own.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Confirmed = Annotated[
    str | None,
    typer.Option("--confirm", metavar="NAME", help="A protected stage's name, or its instance's."),
]
User = Annotated[str | None, typer.Option("--user", "-u", metavar="USER", help="As this user of the image.")]
Variables = Annotated[
    list[str] | None, typer.Option("--env", "-e", metavar="NAME=VALUE", help="A further variable.")
]
Images = Annotated[
    Path | None,
    typer.Option(
        "--images", metavar="FILE", help="Pull the images that `build --push --out FILE` pushed, by digest."
    ),
]
Replaced = Annotated[
    list[str] | None,
    typer.Option("--replace", metavar="SERVICE", help="Replace its containers though nothing asks for it."),
]
Services = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SERVICE]...", show_default=False, autocompletion=complete_service),
]
