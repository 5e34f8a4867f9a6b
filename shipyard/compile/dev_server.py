"""Servers for development in a command: they reload, trace and trust, and are not made to be exposed."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

_RUNNERS = {"uv": "run", "poetry": "run", "pdm": "run", "pipenv": "run", "hatch": "run", "rye": "run"}
_RELOADING = ("uvicorn", "gunicorn", "hypercorn", "granian")
_LITESTAR: tuple[str, ...] = ("--reload", "-r", "--debug", "-d")
_SANIC: tuple[str, ...] = ("--dev", "--debug", "-d", "-r", "--reload", "--auto-reload")
_END = ("|", "||", "&", "&&", ";", "(", ")")


def development_server(command: tuple[str, ...]) -> str | None:
    """The words that make a command a development server's, None when it is none."""
    return next((found for words in _commands(command) if (found := _one(words)) is not None), None)


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


def _one(words: list[str]) -> str | None:
    words = _without_prefix(words)
    if not words:
        return None
    program, rest = posixpath.basename(words[0]), words[1:]
    if program.startswith("python") and rest[:1] == ["-m"]:
        program, rest = rest[1] if len(rest) > 1 else "", rest[2:]
    elif program.startswith("python") and rest:
        program, rest = posixpath.basename(rest[0]), rest[1:]
    return _told(program, rest)


def _told(program: str, rest: list[str]) -> str | None:
    options = {word.partition("=")[0] for word in rest}
    plain = [word for word in rest if not word.startswith("-")]
    if program in ("manage.py", "django-admin", "django"):
        which = next((word for word in plain[:1] if word in ("runserver", "runserver_plus")), None)
        return f"{program} {which}" if which else None
    if program in ("flask", "quart"):
        return f"{program} run" if "run" in plain else None
    if program == "fastapi":
        return "fastapi dev" if plain[:1] == ["dev"] else None
    if program == "litestar":
        flag = next((one for one in _LITESTAR if one in options), None)
        return f"litestar run {flag}" if "run" in plain and flag else None
    if program == "sanic":
        flag = next((one for one in _SANIC if one in options), None)
        return f"sanic {flag}" if flag else None
    if program in _RELOADING and "--reload" in options:
        return f"{program} --reload"
    if program == "dramatiq" and "--watch" in options:
        return "dramatiq --watch"
    if program == "adev":
        return "adev runserver" if plain[:1] == ["runserver"] else None
    if program in ("watchmedo", "watchfiles", "nodemon", "watchexec"):
        return program
    return None


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
