"""A command on a leash dies with who started it, and is itself otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shipyard.engine.leash import on_leash

PARENT = """
import os, subprocess, sys, time
from shipyard.engine.leash import on_leash
child = subprocess.Popen(on_leash(["sleep", "60"], os.environ))
while b"sleep" != open(f"/proc/{child.pid}/cmdline", "rb").read().partition(b"\\0")[0]:
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(process: int) -> bool:
    """Whether it still does something: one that nobody has waited for yet is dead."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_dies_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_parent_that_is_dead_already_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "touched"
    command = on_leash(["touch", str(file)], os.environ)
    assert command[5] == str(os.getpid())
    subprocess.run([*command[:5], "1", *command[6:]], check=True)
    assert not file.exists()
    subprocess.run(command, check=True)
    assert file.exists()


def test_its_output_signals_and_exit_code_are_its_own() -> None:
    command = on_leash(["sh", "-c", "echo $0 $1; exit 7", "a b", "${c}"], os.environ)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "a b ${c}\n", "")
    killed = subprocess.run(on_leash(["sh", "-c", "kill -TERM $$"], os.environ), check=False)
    assert killed.returncode == -signal.SIGTERM


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        on_leash(["sleep"], {"PATH": "/nowhere"})
