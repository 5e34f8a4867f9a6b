"""A command on a pseudo-terminal, as somebody at a keyboard has it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from project import Project


@dataclass(slots=True)
class Terminal:
    """`shown` is all that the command has written so far."""

    process: subprocess.Popen[bytes]
    control: int
    shown: str = ""

    def wait_for(self, text: str, patience: float = 30) -> str:
        """What was written up to and with a text, which is taken off."""
        deadline = time.monotonic() + patience
        while text not in self.shown:
            assert time.monotonic() < deadline, f"no {text!r} in {self.shown!r}"
            if not self._read():
                assert text in self.shown, f"it ended without {text!r}: {self.shown!r}"
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def type(self, text: str) -> None:
        os.write(self.control, text.encode())

    def ended(self, patience: float = 30) -> int:
        """Its exit code."""
        deadline = time.monotonic() + patience
        while self._read():
            assert time.monotonic() < deadline, f"it goes on: {self.shown!r}"
        return self.process.wait(patience)

    def _read(self) -> bool:
        """Read what there is; False at the end."""
        ready, _, _ = select.select([self.control], [], [], 0.1)
        if not ready:
            return True
        try:
            data = os.read(self.control, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def terminal(project: Project, *words: str) -> Iterator[Terminal]:
    """`shipyard WORDS` in the project's folder, on a terminal of its own."""
    control, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "shipyard", *words],
        cwd=project.root,
        env={**project.environment(), "TERM": "xterm"},
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
        preexec_fn=_controlling,
    )
    os.close(side)
    try:
        yield Terminal(process, control)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(control)


def _controlling() -> None:
    """What is typed as Ctrl-C is a signal for those whose terminal it is."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
