"""The three renderings of `plan`, on a terminal and elsewhere."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import assert_sound

from shipyard.__main__ import run

Run = Callable[..., Any]
Terminal = Callable[..., str]


@pytest.fixture
def on_a_terminal(project: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What `shipyard WORDS` writes to a terminal of some width."""

    def told(*words: str, width: int = 100, **environ: str) -> str:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        pieces: list[bytes] = []
        reader = threading.Thread(target=drain, args=(master, pieces))
        reader.start()
        with monkeypatch.context() as patch, os.fdopen(slave, "w") as terminal:
            patch.delenv("COLUMNS")
            # `shutil` asks this one for its width.
            patch.setattr(sys, "__stdout__", terminal)
            patch.setattr(sys, "stdout", terminal)
            for name, value in {"TERM": "xterm", **environ}.items():
                patch.setenv(name, value)
            assert run(list(words)) == 0
        reader.join()
        return b"".join(pieces).decode().replace("\r\n", "\n")

    return told


def drain(master: int, pieces: list[bytes]) -> None:
    with os.fdopen(master, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(4096)
            except OSError:  # the other end is closed
                return
            if not piece:
                return
            pieces.append(piece)


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_terminal_gets_colours_and_its_width(on_a_terminal: Terminal) -> None:
    width = 60
    text = on_a_terminal("plan", "--offline", width=width)
    assert "\x1b[32m+ create   web" in text
    lines = bare(text).splitlines()
    assert lines[0].startswith("shop / default on no engine (offline)")
    assert [line for line in lines if len(line) > width] == []
    assert "\x1b" not in bare(text)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_none_are_wanted(
    on_a_terminal: Terminal, shipyard: Run, environ: dict[str, str]
) -> None:
    text = on_a_terminal("plan", "--offline", **environ)
    assert text == shipyard("plan", "--offline").out


def test_documents_are_the_same_everywhere(on_a_terminal: Terminal, shipyard: Run) -> None:
    words = ("plan", "--offline", "--format", "markdown")
    assert on_a_terminal(*words) == shipyard(*words).out


def test_a_plan_for_a_pull_request(shipyard: Run) -> None:
    done = shipyard("plan", "--offline", "--format", "markdown")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "<!-- shipyard-plan shop default -->\n"
        "### `shop` / `default` on no engine (offline)\n"
        "\n"
        "**2 to pull, 5 to create**\n"
    )
    assert "- **create** `web`: new service `acme/web:1`\n" in done.out
    # Only a plan is told so.
    assert shipyard("status", "--format", "markdown").code == 64


def test_a_plan_as_a_page(shipyard: Run) -> None:
    done = shipyard("plan", "--offline", "--format", "html")
    assert (done.code, done.err) == (0, "")
    text = assert_sound(done.out).text
    assert "shop / default on no engine (offline)" in text
    assert "create web" in text
    assert "The engine was not asked for images" in text


def test_a_page_is_not_watched(shipyard: Run) -> None:
    done = shipyard("status", "--watch", "--format", "html")
    assert (done.code, done.out) == (64, "")
    assert "--watch draws on a terminal" in done.err


def test_an_old_terminal_gets_escapes(project: Path) -> None:
    (project / "shipyard.toml").write_text('name = "shop"\n[services.web]\nimage = "x"\nenv = { A = "é" }\n')
    words = [sys.executable, "-m", "shipyard", "config", "--format", "json"]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(words, cwd=project, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u00e9" in done.stdout
    assert json.loads(done.stdout)["project"] == "shop"


def test_rich_is_loaded_for_a_terminal_only(project: Path) -> None:
    script = (
        "import sys; from shipyard.__main__ import run; run(['plan', '--offline']); "
        "print('rich' in sys.modules, file=sys.stderr)"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stderr == "False\n"


def test_unchanged_runs_give_the_same_bytes(shipyard: Run) -> None:
    for name in ("text", "json", "markdown", "html"):
        first, second = (shipyard("plan", "--offline", "--format", name).out for _ in range(2))
        assert first == second
    assert json.loads(shipyard("plan", "--offline", "--format", "json").out)["format"] == 1
