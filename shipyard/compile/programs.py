"""What a command starts, behind the words that only lead to it."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

_RUNNERS = {"uv": "run", "poetry": "run", "pdm": "run", "pipenv": "run", "hatch": "run", "rye": "run"}
_END = ("|", "||", "&", "&&", ";", "(", ")")


def programs(command: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """(name, further words) of each program that a command in exec form starts, those of a shell's text each
    for itself. `python -m gunicorn` and `python manage.py` are the module and the script."""
    for words in _commands(command):
        words = _without_prefix(words)
        if not words:
            continue
        program, rest = posixpath.basename(words[0]), words[1:]
        if program.startswith("python") and rest[:1] == ["-m"]:
            program, rest = rest[1] if len(rest) > 1 else "", rest[2:]
        elif program.startswith("python") and rest:
            program, rest = posixpath.basename(rest[0]), rest[1:]
        yield program, rest


def _commands(command: tuple[str, ...]) -> Iterator[list[str]]:
    """The simple commands of a command in exec form, those of a shell's text each for itself."""
    if (
        len(command) < 3
        or posixpath.basename(command[0]) not in ("sh", "bash", "dash")
        or "c" not in command[1]
    ):
        yield list(command)
        return
    lexer = shlex.shlex(command[2], posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if word in _END:
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:
        return
    yield words


def _without_prefix(words: list[str]) -> list[str]:
    """A command without what only leads to it: exec, env and its variables, `uv run` and its like."""
    while words:
        first = posixpath.basename(words[0])
        if first in ("exec", "env", "time", "nice", "tini", "dumb-init", "--") or "=" in words[0]:
            words = words[1:]
        elif first in _RUNNERS and len(words) > 1 and words[1] == _RUNNERS[first]:
            words = words[2:]
            while words and words[0].startswith("-"):
                words = words[1:]
        else:
            return words
    return words
