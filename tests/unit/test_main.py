"""The process: what is raised becomes a message and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import shipyard
from shipyard import __main__ as main
from shipyard.cli import app
from shipyard.errors import ErrorGroup, ShipyardError, UsageError

ROOT = Path(__file__).parents[2]
Raising = Callable[[BaseException], int]


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Raising:
    """The exit code of a command that raises something."""
    monkeypatch.delenv("SHIPYARD_DEBUG", raising=False)

    def code(error: BaseException) -> int:
        def invoke(arguments: list[str]) -> int:
            raise error

        monkeypatch.setattr(app, "invoke", invoke)
        return main.run(["apply"])

    return code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ShipyardError("it broke", hint="mend it"), 1, "error: it broke\n  -> mend it\n"),
        (UsageError("what?"), 64, "error: what?\n"),
        (ErrorGroup((ShipyardError("a"), ShipyardError("b"))), 1, "error: a\nb\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_what_is_expected(
    raising: Raising, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert raising(error) == code
    assert capsys.readouterr() == ("", said)


def test_a_bug_is_told_without_its_message(raising: Raising, capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(ValueError("hunter2")) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: this is a bug in Shipyard: ValueError at test_main.py:")
    assert "SHIPYARD_DEBUG=1" in err
    assert "hunter2" not in err
    assert "Traceback" not in err


def test_a_bug_is_shown_whole_when_asked(raising: Raising, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.os, "environ", {"SHIPYARD_DEBUG": "1"})
    with pytest.raises(ValueError, match="hunter2"):
        raising(ValueError("hunter2"))


def python(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shipyard", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_it_is_a_module_that_runs() -> None:
    done = python("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"shipyard {shipyard.__version__}\n", "")


def test_no_standard_input_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "shipyard.toml").write_text('name = "a"\n[services.web]\nimage = "a:1"\nsecrets = ["KEY"]\n')
    words = f"exec {sys.executable} -m shipyard secret set KEY <&-"
    done = subprocess.run(["sh", "-c", words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "bug" not in done.stderr
    assert done.returncode == 64


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "shipyard", "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("redirected", [">&-", ">&- 2>&-", ">/dev/full"])
def test_an_output_that_takes_nothing_is_no_bug(tmp_path: Path, redirected: str) -> None:
    (tmp_path / "shipyard.toml").write_text('name = "shop"\n[services.web]\nimage = "x"\n')
    command = f"{sys.executable} -m shipyard plan --offline {redirected}"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if "full" in redirected else 0), done.stderr
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr
