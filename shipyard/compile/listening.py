"""Where the server of a command listens, by its own options."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.compile.programs import programs
from shipyard.model.record import Record

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


class Listening(Record):
    """`host` is "" for what reaches every interface; `said` the words that tell."""

    port: int
    host: str
    said: str


class _Options(Record):
    """Options of a server: those of an address with its port, of a port alone, of a host alone, and what it
    takes where none is given. `ones` are options without a value, `subcommand` what must come first."""

    bind: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    default_port: int = 8000
    default_host: str = "127.0.0.1"
    subcommand: tuple[str, ...] = ()


# Their own documentation: `gunicorn --help` and so on.
_SERVERS: Mapping[str, _Options] = {
    "gunicorn": _Options(bind=("-b", "--bind")),
    "hypercorn": _Options(bind=("-b", "--bind")),
    "uvicorn": _Options(port=("--port",), host=("--host",)),
    "granian": _Options(port=("--port",), host=("--host",)),
    "daphne": _Options(port=("-p", "--port"), host=("-b", "--bind")),
    "fastapi": _Options(port=("--port",), host=("--host",), default_host="0.0.0.0", subcommand=("run",)),
    "uwsgi": _Options(bind=("--http", "--http-socket"), default_port=0),
    "waitress-serve": _Options(bind=("--listen",), port=("--port",), host=("--host",), default_port=8080),
}


def listening(command: tuple[str, ...]) -> Listening | None:
    """The first server that a command starts, None where none is known or it takes no port."""
    for program, words in programs(command):
        options = _SERVERS.get(program)
        if options is not None and words[: len(options.subcommand)] == list(options.subcommand):
            return _listening(program, options, words)
    return None


def _listening(program: str, options: _Options, words: list[str]) -> Listening | None:
    bind = _value(words, options.bind)
    port, host = _value(words, options.port), _value(words, options.host)
    if bind is not None:
        option, address = bind
        if address.startswith(("unix:", "fd:", "/")):
            return None
        before, separator, after = address.rpartition(":")
        if not separator and not after.isdecimal():  # a host alone
            before, after = address, str(options.default_port)
        return _made(after, before, f"{program} {option} {address}")
    if port is None and not options.default_port:
        return None
    number = port[1] if port is not None else str(options.default_port)
    said = f"{program} {port[0]} {port[1]}" if port is not None else f"{program}'s usual port"
    return _made(number, host[1] if host is not None else options.default_host, said)


def _made(port: str, host: str, said: str) -> Listening | None:
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        return None
    return Listening(port=int(port), host="" if host in ("0.0.0.0", "::", "[::]", "*") else host, said=said)


def _value(words: list[str], options: tuple[str, ...]) -> tuple[str, str] | None:
    """(option, value) of the last of these options."""
    found = None
    for index, word in enumerate(words):
        name, separator, value = word.partition("=")
        if word in options and index + 1 < len(words):
            found = word, words[index + 1]
        elif separator and name in options:
            found = name, value
        else:
            short = next((one for one in options if len(one) == 2 and word.startswith(one)), None)
            if short is not None and len(word) > 2:
                found = short, word[2:]
    return found
