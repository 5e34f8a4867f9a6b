"""Where the server of a command listens, where its options say so: what stands in a file of configuration, or
is a server's habit, is not guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shipyard.compile.programs import programs
from shipyard.model.record import Record

LOOPBACK = ("127.0.0.1", "localhost")
_EVERYWHERE = ("0.0.0.0", "::", "[::]", "*", "")
_SOCKETS = ("--uds", "--fd", "--unix-socket", "--endpoint", "-e", "-u")


class Listening(Record):
    """`host` is "" for what reaches every interface, or is not known; `said` the words that tell."""

    port: int
    host: str
    said: str


class _Options(Record):
    """Options of a server: those of an address with its port, of a port alone, of a host alone; the host that
    it takes where none is given, and the variable that says otherwise. `subcommand` is what comes first."""

    bind: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    default_host: str = "127.0.0.1"
    variable: str = ""
    subcommand: tuple[str, ...] = ()


# Their own documentation: `gunicorn --help` and so on.
_SERVERS: Mapping[str, _Options] = {
    "gunicorn": _Options(bind=("-b", "--bind")),
    "hypercorn": _Options(bind=("-b", "--bind")),
    "uvicorn": _Options(port=("--port",), host=("--host",), variable="UVICORN_HOST"),
    "granian": _Options(port=("--port",), host=("--host",), variable="GRANIAN_HOST"),
    "daphne": _Options(port=("-p", "--port"), host=("-b", "--bind")),
    "fastapi": _Options(port=("--port",), host=("--host",), default_host="0.0.0.0", subcommand=("run",)),
    "uwsgi": _Options(bind=("--http", "--http-socket")),
    "waitress-serve": _Options(
        bind=("--listen",), port=("--port",), host=("--host",), default_host="0.0.0.0"
    ),
}


def listening(command: tuple[str, ...], variables: Collection[str] = ()) -> Listening | None:
    """The first server that a command starts, None where none is known or its options name no port.
    `variables` are the names in its environment."""
    for program, words in programs(command):
        options = _SERVERS.get(program)
        if options is not None and words[: len(options.subcommand)] == list(options.subcommand):
            return _listening(program, options, words, variables)
    return None


def _listening(
    program: str, options: _Options, words: list[str], variables: Collection[str]
) -> Listening | None:
    bound = [
        made
        for option, address in _values(words, options.bind)
        if (made := _bound(address, f"{program} {option} {address}")) is not None
    ]
    if bound:
        # Of several the one that others reach.
        return next((one for one in bound if not one.host), bound[0])
    ports, hosts = _values(words, options.port), _values(words, options.host)
    if not ports or any(word.partition("=")[0] in _SOCKETS for word in words):
        return None
    option, port = ports[-1]
    host = hosts[-1][1] if hosts else "" if options.variable in variables else options.default_host
    return _made(port, host, f"{program} {option} {port}")


def _bound(address: str, said: str) -> Listening | None:
    host, separator, port = address.rpartition(":")
    return _made(port, host, said) if separator or port.isdecimal() else None


def _made(port: str, host: str, said: str) -> Listening | None:
    """None too for a host that only this machine's own addresses tell from the one that is probed."""
    known = host in (*_EVERYWHERE, *LOOPBACK)
    if not known or not (port.isascii() and port.isdecimal()) or not 1 <= int(port) <= 65535:
        return None
    return Listening(port=int(port), host="" if host in _EVERYWHERE else host, said=said)


def _values(words: list[str], options: tuple[str, ...]) -> list[tuple[str, str]]:
    """(option, value) of each of these options, in their order."""
    found = []
    for index, word in enumerate(words):
        name, separator, value = word.partition("=")
        if word in options:
            found += [(word, one) for one in words[index + 1 : index + 2]]
        elif separator and name in options:
            found.append((name, value))
        else:
            short = next((one for one in options if len(one) == 2 and word.startswith(one)), None)
            found += [(short, word[2:])] if short is not None else []
    return found
