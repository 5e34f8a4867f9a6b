"""The server of an application: which one, and how it is started."""

from __future__ import annotations

from dataclasses import dataclass

from shipyard.compile.decisions import decided, default
from shipyard.frameworks.application import Application
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies

GRACEFUL = "8"
"""Seconds for requests in flight: below the grace period of 10 s after which the engine kills."""
ADDED_SERVERS = {"gunicorn": "gunicorn==23.0.0", "uvicorn": "uvicorn==0.34.0"}
_UVICORN_BY_EXTRA = ("fastapi",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server chosen. `added` are pinned requirements of Shipyard's own, said in `notes`."""

    name: str
    decision: Decision
    added: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def choose_server(application: Application, dependencies: Dependencies) -> Server:
    """The server that the dependencies hold, else one that is added."""
    server = "gunicorn" if application.interface == "wsgi" else "uvicorn"
    dependency = dependencies.get(server)
    if dependency is not None:
        return Server(name=server, decision=decided("server", server, dependency.where, None))
    if server == "uvicorn":
        for name in _UVICORN_BY_EXTRA:
            brings = dependencies.get(name)
            if brings is not None and set(brings.extras) & {"standard", "all"}:
                evidence = f"{brings.where}: {name}[{brings.extras[0]}] brings it"
                return Server(name=server, decision=decided("server", server, evidence, None))
    added = ADDED_SERVERS[server]
    return Server(
        name=server,
        decision=default("server", server, f"none in {dependencies.evidence}: {added} is added"),
        added=(added,),
        notes=(f"{dependencies.evidence} holds no {application.interface.upper()} server: {added} is added",),
    )


def server_command(server: str, application: Application, port: int) -> tuple[str, ...]:
    """The server in exec form. Workers come from WEB_CONCURRENCY, which both servers read."""
    if server == "gunicorn":
        # The heartbeat file on a disk can block a worker for seconds; /dev/shm is memory.
        return (
            *("gunicorn", application.app, "--bind", f"0.0.0.0:{port}", "--threads", "4"),
            *("--worker-tmp-dir", "/dev/shm", "--graceful-timeout", GRACEFUL, "--access-logfile", "-"),
        )
    factory = ("--factory",) if application.factory else ()
    return (
        *("uvicorn", application.app.removesuffix("()"), *factory, "--host", "0.0.0.0", "--port", str(port)),
        *("--timeout-graceful-shutdown", GRACEFUL),
    )
