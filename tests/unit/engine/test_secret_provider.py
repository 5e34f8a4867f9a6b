"""Values of secrets by a command: real commands, whose output is never shown."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from shipyard.engine import secret_provider
from shipyard.engine.secret_provider import ProviderFailed, provided
from shipyard.engine.secret_values import find_values
from shipyard.errors import ErrorGroup

HIDDEN = "hunter2"


def script(folder: Path, text: str) -> list[str]:
    path = folder / "store"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return [str(path), "get", "{stage}/{name}"]


def test_what_it_prints_is_the_value(tmp_path: Path) -> None:
    command = script(tmp_path, 'printf "%s\\n\\n" "$1 $2"; echo noise >&2')
    assert provided(command, ["A", "B"], "prod", tmp_path) == {"A": "get prod/A\n", "B": "get prod/B\n"}


def test_what_it_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    began = time.monotonic()
    words = ["sh", "-c", "sleep 30 & echo of {name}"]
    assert provided(words, ["LEAVING"], "prod", tmp_path) == {"LEAVING": "of LEAVING"}
    assert time.monotonic() - began < 10


def test_each_question_is_asked_once(tmp_path: Path) -> None:
    command = script(tmp_path, 'echo "$2" >> asked; echo stored')
    for _ in range(2):
        assert provided(command, ["A"], "prod", tmp_path) == {"A": "stored"}
    provided(command, ["A"], "dev", tmp_path)
    assert (tmp_path / "asked").read_text() == "prod/A\ndev/A\n"


def test_it_runs_where_the_manifest_is(tmp_path: Path) -> None:
    (tmp_path / "A").write_text("one\r\n")
    assert provided(["cat", "{name}"], ["A"], "prod", tmp_path) == {"A": "one"}


def test_it_is_asked_last_and_only_for_what_is_missing(tmp_path: Path) -> None:
    command = script(tmp_path, 'echo "$2" >> asked; echo stored')
    (tmp_path / ".env.prod").write_text("B=file\n")
    found = find_values(tmp_path, "prod", ["A", "B", "C"], {"A": "mine"}, command)
    assert found.values == {"A": "mine", "B": "file", "C": "stored"}
    assert found.sources == {"A": "environment", "B": ".env.prod", "C": "provider store"}
    assert found.looked_in == ("the environment", ".env.prod", "provider store")
    assert (tmp_path / "asked").read_text() == "prod/C\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"echo {HIDDEN}; echo {HIDDEN} >&2; exit 3", "exit code 3"),
        ("exit 0", "it printed nothing"),
        (f"echo {HIDDEN}; sleep 30", "no answer in 0.5 s"),
    ],
)
def test_what_failed_says_nothing_of_what_was_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setattr(secret_provider, "TIMEOUT", 0.5)
    with pytest.raises(ProviderFailed) as raised:
        provided(script(tmp_path, text), ["A"], "prod", tmp_path)
    assert raised.value.title == f"the provider gave no value for secret A: {why}"
    assert raised.value.hint == f"see what this says: {tmp_path}/store get prod/A"
    assert HIDDEN not in str(raised.value)


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProviderFailed, match="there is no program nowhere here"):
        provided(["nowhere", "{name}"], ["A"], "prod", tmp_path)


def test_all_that_failed_are_told(tmp_path: Path) -> None:
    with pytest.raises(ErrorGroup) as raised:
        provided(["false", "{name}"], ["A", "B"], "prod", tmp_path)
    assert len(raised.value.errors) == 2
