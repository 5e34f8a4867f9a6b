"""A small reader of the Docker Engine API over a socket: standard library only.

Reading the state of an engine this way takes a quarter of the time that the SDK needs, most of which
is import; everything that writes goes through the SDK (objects.py).
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import quote, urlsplit

from shipyard.errors import ShipyardError

TIMEOUT = 30.0


class EngineUnreachable(ShipyardError):
    """Nothing answers at the engine's address."""


class EngineRefused(ShipyardError):
    """The engine answered with an error status."""

    def __init__(self, status: int, message: str, *, where: str) -> None:
        super().__init__(f"the engine answered {status}: {message}", where=where)
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class EngineReader:
    """GET requests to one engine over one kept-open connection. `url`: unix:///path or tcp://host:port."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._connection: http.client.HTTPConnection
        if parts.scheme == "unix":
            self._connection = _UnixConnection(parts.path)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        self.calls = 0

    def get(self, path: str, **query: str) -> Any:
        """The decoded JSON answer. Raises EngineUnreachable, EngineRefused."""
        if query:
            path += "?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(query.items()))
        self.calls += 1
        try:
            self._connection.request("GET", path, headers={"Host": "docker"})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise unreachable(self.url, error) from error
        if answer.status >= 400:
            try:
                message = json.loads(body)["message"]
            except (ValueError, KeyError, TypeError):
                message = body[:200].decode("utf-8", "replace")
            raise EngineRefused(answer.status, message, where=self.url)
        try:
            return json.loads(body)
        except ValueError as error:
            raise EngineUnreachable(
                "what answers there is not a Docker engine", where=self.url, hint="check the engine's address"
            ) from error

    def close(self) -> None:
        self._connection.close()


def unreachable(url: str, error: Exception) -> EngineUnreachable:
    """The error for a failed connection, with what to do about it."""
    if isinstance(error, PermissionError):
        title = "no permission to use the Docker engine's socket"
        hint = "join the group that owns the socket (usually docker), or use sudo"
    elif isinstance(error, FileNotFoundError | ConnectionRefusedError):
        title = "no Docker engine is running there"
        hint = "start it (systemctl start docker), or name another engine in shipyard.toml or DOCKER_HOST"
    elif isinstance(error, TimeoutError):
        title = "the Docker engine does not answer in time"
        hint = "look at the engine's own log; is the machine out of disk or memory?"
    else:
        title = f"the Docker engine cannot be reached: {error}"
        hint = "check that it runs and that its address is right"
    return EngineUnreachable(title, where=url, hint=f"{hint}; `plan --offline` needs no engine")
