"""Asking before something changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from shipyard.cli import planning
from shipyard.cli.confirm import Declined, confirm, confirm_name
from shipyard.errors import UsageError
from shipyard.model.manifest import Manifest
from shipyard.model.record import replace

PROD = Manifest(root=Path("/srv/shop"), name="shop", stage="prod", services=())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Type something on the terminal."""

    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(text))

    return typed


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))


@pytest.mark.parametrize("text", ["y\n", "Y\n", "yes\n", " YES \n", "y"])
def test_yes(answer: Callable[[str], None], capsys: pytest.CaptureFixture[str], text: str) -> None:
    answer(text)
    confirm("Apply this plan?", yes=False)
    assert capsys.readouterr() == ("", "Apply this plan? [y/N] ")


@pytest.mark.parametrize("text", ["\n", "", "n\n", "no\n", "ye\n", "yess\n", "prod\n"])
def test_anything_else_is_no(answer: Callable[[str], None], text: str) -> None:
    answer(text)
    with pytest.raises(Declined, match="nothing was changed") as caught:
        confirm("Apply?", yes=False)
    assert caught.value.exit_code == 1


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="there is no terminal to ask on") as caught:
        confirm("Apply?", yes=False)
    assert (caught.value.exit_code, caught.value.hint) == (64, "add --yes to go on without asking")
    confirm("Apply?", yes=True)
    assert capsys.readouterr() == ("", "")


def test_the_name_of_a_protected_stage_is_typed(answer: Callable[[str], None]) -> None:
    answer("prod\n")
    confirm_name("Take this down?", PROD, given=None)
    for text in ("yes\n", "Prod\n", "\n"):
        answer(text)
        with pytest.raises(Declined, match="is not 'prod': nothing was changed"):
            confirm_name("Take this down?", PROD, given=None)


@pytest.mark.usefixtures("no_terminal")
def test_the_name_of_a_protected_stage_is_given() -> None:
    confirm_name("Take this down?", PROD, given="prod")
    with pytest.raises(Declined):
        confirm_name("Take this down?", PROD, given="dev")
    with pytest.raises(UsageError, match="stage prod is protected") as caught:
        confirm_name("Take this down?", PROD, given=None)
    assert caught.value.hint == "--yes is not enough: add --confirm prod"


@pytest.mark.usefixtures("no_terminal")
def test_the_word_for_an_instance_is_none_for_its_stage() -> None:
    preview = replace(PROD, instance="pr-7")
    confirm_name("Take this down?", preview, given="pr-7")
    for manifest, given in ((preview, "prod"), (PROD, "pr-7")):
        with pytest.raises(Declined):
            confirm_name("Take this down?", manifest, given=given)


@pytest.mark.parametrize(
    ("terminal", "environ", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_when_there_are_colours(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environ: dict[str, str], wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Terminal() if terminal else io.StringIO())
    assert planning.colours() is wanted
