"""The server of an application: which one, how it is started, and what makes it stop in good order.

Chosen is the first in the order of `SERVERS` that the dependencies hold and that speaks the application's
interface. What each does on SIGTERM was tried: gunicorn, hypercorn, granian and daphne finish what is in
flight and exit 0. uvicorn finishes too, and then ends itself by the same signal, so that a stop in good
order reads as a crash (143); after an interrupt it exits 0. uwsgi would reload: a hook teaches it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from shipyard.compile.decisions import decided, default
from shipyard.frameworks.application import Application, Interface
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies
from shipyard.model.record import Record
from shipyard.source import SourceTree

GRACEFUL = "8"
"""Seconds for requests in flight: below the grace period of 10 s after which the engine kills."""


CONFIGURATION = "gunicorn.conf.py"


class Server(Record):
    """A server. `packages` are the distributions that bring it, `brought` those that depend on it: by
    name, with the extras that do so, none for always. `workers` is the variable by which it takes its
    number of processes, "" where it has none. `added` is what is installed where none is there. `newer` are
    options that releases from a version on want."""

    name: str
    packages: tuple[str, ...]
    interfaces: tuple[Interface, ...]
    start: Callable[[Application, int], tuple[str, ...]]
    brought: tuple[tuple[str, tuple[str, ...]], ...] = ()
    workers: str = ""
    stop_signal: str | None = None
    added: str = ""
    newer: tuple[tuple[tuple[int, int], str], ...] = ()


class Choice(Record):
    """The server chosen. `added` are pinned requirements of Shipyard's own, said in `notes`; `options` what
    the release at hand wants beside what `start` says."""

    server: Server
    decision: Decision
    options: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def choose_server(application: Application, dependencies: Dependencies) -> Choice:
    """The server that the dependencies hold, else one that is added."""
    able = [one for one in SERVERS if application.interface in one.interfaces]
    for server in able:
        evidence = _evidence(server, dependencies)
        if evidence:
            return Choice(
                server=server,
                decision=decided("server", server.name, evidence, None),
                options=_options(server, dependencies),
            )
    server = next(one for one in able if one.added)
    kind = "gunicorn, which runs it" if application.interface == "aiohttp" else "server"
    shown = "" if application.interface == "aiohttp" else f"{application.interface.upper()} "
    return Choice(
        server=server,
        decision=default("server", server.name, f"none in {dependencies.evidence}: {server.added} is added"),
        added=(server.added,),
        notes=(f"{dependencies.evidence} holds no {shown}{kind}: {server.added} is added",),
    )


def _evidence(server: Server, dependencies: Dependencies) -> str:
    for package in server.packages:
        dependency = dependencies.get(package)
        if dependency is not None:
            return dependency.where
    for name, extras in server.brought:
        brings = dependencies.get(name)
        if brings is not None and not extras:
            return f"{brings.where}: {name} brings it"
        if brings is not None and set(brings.extras) & set(extras):
            extra = next(one for one in brings.extras if one in extras)
            return f"{brings.where}: {name}[{extra}] brings it"
    return ""


def _options(server: Server, dependencies: Dependencies) -> tuple[str, ...]:
    found = [one.version for name in server.packages if (one := dependencies.get(name)) is not None]
    numbers = re.match(r"(\d+)\.(\d+)", found[0] or "") if found else None
    if numbers is None:
        return ()
    release = int(numbers[1]), int(numbers[2])
    return tuple(option for since, option in server.newer if release >= since)


def server_notes(name: str, command: tuple[str, ...], tree: SourceTree, folder: str) -> Iterator[str]:
    """On the file that gunicorn reads by itself where it starts (gunicorn's documentation, "Settings")."""
    if name == "gunicorn" and tree.is_file(posixpath.join(folder, CONFIGURATION)):
        options = ", ".join(word for word in command if word.startswith("--"))
        yield f"{CONFIGURATION} is read by gunicorn; of what is in both, the command's counts: {options}"


def server_command(name: str, application: Application, port: int) -> tuple[str, ...]:
    """A server in exec form."""
    return next(one for one in SERVERS if one.name == name).start(application, port)


def _called(application: Application) -> str:
    """The entry point for servers that take `module:factory()`."""
    return f"{application.app}()" if application.factory and application.app[-1] != ")" else application.app


def _named(application: Application) -> tuple[str, ...]:
    """The entry point for servers that take a factory by an option."""
    return (application.app.removesuffix("()"), *(("--factory",) if application.factory else ()))


def _gunicorn(application: Application, port: int) -> tuple[str, ...]:
    kind = ("--threads", "4")
    if application.interface == "aiohttp":
        kind = ("--worker-class", "aiohttp.GunicornWebWorker")
    # The heartbeat file on a disk can block a worker for seconds; /dev/shm is memory.
    return (
        *("gunicorn", _called(application), "--bind", f"0.0.0.0:{port}", *kind),
        *("--worker-tmp-dir", "/dev/shm", "--graceful-timeout", GRACEFUL, "--access-logfile", "-"),
    )


def _uvicorn(application: Application, port: int) -> tuple[str, ...]:
    return (
        *("uvicorn", *_named(application), "--host", "0.0.0.0", "--port", str(port)),
        *("--timeout-graceful-shutdown", GRACEFUL),
    )


def _hypercorn(application: Application, port: int) -> tuple[str, ...]:
    return (
        *("hypercorn", _called(application), "--bind", f"0.0.0.0:{port}"),
        *("--graceful-timeout", GRACEFUL, "--access-logfile", "-"),
    )


def _granian(application: Application, port: int) -> tuple[str, ...]:
    return (
        *("granian", *_named(application), "--interface", application.interface),
        *("--host", "0.0.0.0", "--port", str(port), "--workers-kill-timeout", GRACEFUL, "--access-log"),
    )


def _daphne(application: Application, port: int) -> tuple[str, ...]:
    return (
        *("daphne", "-b", "0.0.0.0", "-p", str(port), "--application-close-timeout", GRACEFUL),
        _called(application),
    )


def _uwsgi(application: Application, port: int) -> tuple[str, ...]:
    return (
        *("uwsgi", "--http-socket", f"0.0.0.0:{port}", "--module", _called(application)),
        *("--master", "--need-app", "--enable-threads", "--threads", "4"),
        *("--hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
        *("--worker-reload-mercy", GRACEFUL),
    )


SERVERS = (
    Server(
        name="gunicorn",
        packages=("gunicorn",),
        interfaces=("wsgi", "aiohttp"),
        start=_gunicorn,
        workers="WEB_CONCURRENCY",
        added="gunicorn==23.0.0",
        # It would be made in the home that the user of the image has not.
        newer=(((25, 1), "--no-control-socket"),),
    ),
    Server(
        name="uvicorn",
        packages=("uvicorn",),
        interfaces=("asgi",),
        start=_uvicorn,
        brought=(("fastapi", ("standard", "all")), ("litestar", ("standard", "full"))),
        workers="WEB_CONCURRENCY",
        stop_signal="SIGINT",
        added="uvicorn==0.34.0",
    ),
    Server(
        name="uwsgi",
        packages=("uwsgi", "pyuwsgi"),
        interfaces=("wsgi",),
        start=_uwsgi,
        workers="UWSGI_PROCESSES",
    ),
    Server(
        name="hypercorn",
        packages=("hypercorn",),
        interfaces=("asgi", "wsgi"),
        start=_hypercorn,
        brought=(("quart", ()),),
    ),
    Server(
        name="granian",
        packages=("granian",),
        interfaces=("asgi", "wsgi"),
        start=_granian,
        brought=(("litestar", ("granian",)),),
        workers="GRANIAN_WORKERS",
    ),
    Server(
        name="daphne",
        packages=("daphne",),
        interfaces=("asgi",),
        start=_daphne,
        brought=(("channels", ("daphne",)),),
    ),
)
"""In the order of preference where several are there."""
