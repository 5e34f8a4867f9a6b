"""Values of secrets from a password store, by a command of the user's that prints one.

What the command prints is the value, and neither that nor what it says on standard error is ever shown: a
store may name a value in its own errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shipyard.errors import ErrorGroup, ShipyardError

TIMEOUT = 60.0
"""Seconds for one value: who has to be asked for a password first is not asked here."""
_LOOK = 0.05
"""Seconds between two looks whether one that prints nothing has ended."""
_AT_ONCE = 8


class ProviderFailed(ShipyardError):
    """The provider of secrets gave no value."""


def provider_name(command: Sequence[str]) -> str:
    """What it is called where a value's source is told."""
    return f"provider {Path(command[0]).name}"


_known: dict[tuple[str, ...], str] = {}
"""What was answered: each question is asked once a run, so that all of it goes by the same values."""


def provided(command: Sequence[str], names: Sequence[str], stage: str, folder: Path) -> dict[str, str]:
    """The value of each name, asked for at once; one line end at an output's end is not part of it.

    `command` is run in `folder`, {name} and {stage} in its words filled in. Raises ProviderFailed, for
    several names an ErrorGroup of these.
    """
    # Of use to few: a plan without a provider loads neither.
    from concurrent.futures import ThreadPoolExecutor

    def ask(name: str) -> str | ProviderFailed:
        words = [word.replace("{name}", name).replace("{stage}", stage) for word in command]
        key = (str(folder), *words)
        if key in _known:
            return _known[key]
        answer = _ask(words, name, folder)
        if isinstance(answer, str):
            _known[key] = answer
        return answer

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(names, pool.map(ask, names), strict=True))
    if failed := [one for one in answers.values() if isinstance(one, ProviderFailed)]:
        raise failed[0] if len(failed) == 1 else ErrorGroup(tuple(failed))
    return {name: value for name, value in answers.items() if isinstance(value, str)}


def _ask(words: Sequence[str], name: str, folder: Path) -> str | ProviderFailed:
    import shlex
    import subprocess

    try:
        code, said = _run(words, folder)
        why = f"exit code {code}" if code else ""
        value = said.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    except subprocess.TimeoutExpired:
        why, value = f"no answer in {TIMEOUT:g} s", ""
    except FileNotFoundError:
        why, value = f"there is no program {words[0]} here: is it installed, and in PATH?", ""
    except OSError as error:
        why, value = f"{words[0]}: {error.strerror}", ""
    if not why and not value:
        why = "it printed nothing"
    if not why:
        return value
    return ProviderFailed(
        f"the provider gave no value for secret {name}: {why}",
        where="provider",
        hint=f"see what this says: {shlex.join(words)}",
    )


def _run(words: Sequence[str], folder: Path) -> tuple[int, bytes]:
    """Exit code and what was printed by then: what a store leaves running, to answer sooner the next time,
    may hold the pipe open. Raises OSError, subprocess.TimeoutExpired."""
    import os
    import select
    import subprocess
    import time

    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, cwd=folder, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet) as process:
        assert process.stdout is not None
        pipe, said = process.stdout.fileno(), b""
        deadline = time.monotonic() + TIMEOUT
        while True:
            ended = process.poll() is not None
            if select.select([pipe], [], [], 0 if ended else _LOOK)[0]:
                data = os.read(pipe, 65536)
                said += data
                if not data:
                    break
            elif ended:
                break
            if time.monotonic() > deadline:
                process.kill()
                raise subprocess.TimeoutExpired(words, TIMEOUT)
        return process.wait(max(0.0, deadline - time.monotonic())), said
