"""The usual words of `plan` and `status` mean what typer takes them for."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipyard.cli import app, usual

POOL = (
    *("--stage", "-s", "--instance", "--dir", "-C", "--format", "--offline", "--drift", "--watch", "-w"),
    *("--detailed-exitcode", "--stage=prod", "--dir=.", "--format=json", "-sprod", "-s=x", "--out", "--nope"),
    *(
        "prod",
        "web",
        "json",
        "markdown",
        "html",
        "text",
        "xml",
        ".",
        "",
        "--",
        "-",
        "-x",
        "--format=",
        "--drift=1",
    ),
)


def called(command: str, arguments: list[str], by_typer: bool) -> dict[str, Any] | None:
    """What the command's work is given; None where it is not called."""
    module = import_module(usual.USUAL[command].module)
    calls: list[dict[str, Any]] = []
    real = getattr(module, command)
    defaults = {name: one.default for name, one in inspect.signature(real).parameters.items()}
    setattr(module, command, lambda **words: calls.append(defaults | words))
    try:
        if by_typer:
            app.invoke([command, *arguments])
        elif (read := usual.read([command, *arguments])) is not None:
            usual.invoke(*read)
    finally:
        setattr(module, command, real)
    return calls[0] if calls else None


@pytest.mark.parametrize("command", usual.USUAL)
@given(arguments=st.lists(st.sampled_from(POOL), max_size=5))
def test_what_is_read_without_typer_is_what_typer_reads(command: str, arguments: list[str]) -> None:
    read = called(command, arguments, by_typer=False)
    assert read is None or read == called(command, arguments, by_typer=True)


@pytest.mark.parametrize(
    "line",
    [
        "plan",
        "plan web worker --stage prod --format=json --detailed-exitcode",
        "plan -C . --drift",
        "plan --offline --instance pr-1",
        "status -s prod -w",
        "status --format json --dir .",
        "plan --format html",
        "status --format=html",
    ],
)
def test_usual_words_are_read(line: str) -> None:
    assert usual.read(line.split()) is not None


@pytest.mark.parametrize(
    "line",
    [
        "apply",
        "plan --stage",
        "plan --format xml",
        "status --format markdown",
        "plan --out file",
        "plan -sprod",
        "plan --help",
        "status web",
        "plan --stage -x",
    ],
)
def test_what_is_not_usual_is_left_to_typer(line: str) -> None:
    assert usual.read(line.split()) is None
    assert usual.read([]) is None
