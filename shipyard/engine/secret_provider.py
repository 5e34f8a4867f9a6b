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
        done = subprocess.run(
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False
        )
        why = f"exit code {done.returncode}" if done.returncode else ""
        value = done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
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
