"""A small reader of the Docker Engine API over a socket: standard library only.

Reading the state of an engine this way takes a quarter of the time that the SDK needs, most of which
is import; everything that writes goes through the SDK (objects.py).
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from shipyard.engine.certificates import Certificates
from shipyard.engine.wire import TIMEOUT, Wire, WireError
from shipyard.errors import ShipyardError

CONNECTIONS = 4
"""At once, for many questions: most of an answer's time is the engine's own."""


class EngineUnreachable(ShipyardError):
    """Nothing answers at the engine's address."""


class EngineRefused(ShipyardError):
    """The engine answered with an error status."""

    def __init__(self, status: int, message: str, *, where: str) -> None:
        super().__init__(f"the engine answered {status}: {message}", where=where)
        self.status = status


class EngineReader:
    """GET requests to one engine over one kept-open connection. `url`: unix:///path or tcp://host:port;
    `address` is what it is called in errors.

    `timeout` is how many seconds an answer may take. `date` is the engine's clock at its last answer, as
    HTTP writes it; None before any.
    """

    def __init__(
        self,
        url: str,
        certificates: Certificates | None = None,
        address: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self.url = url
        self.address = address or url
        self._make_wire = functools.partial(Wire, url, certificates, timeout)
        self._wires = [self._make_wire()]
        self.calls = 0
        self.date: str | None = None
        self.ahead: dict[str, Any] = {}
        """What `get_all` would get for some paths, got before; each is handed out once."""

    def get(self, path: str, *, wire: int = 0, **query: str) -> Any:
        """The decoded JSON answer. Raises EngineUnreachable, EngineRefused."""
        try:
            return json.loads(self.fetch(path, wire=wire, **query))
        except ValueError as error:
            raise self._no_engine() from error

    def fetch(self, path: str, *, wire: int = 0, **query: str) -> bytes:
        """The answer as it is. Raises EngineUnreachable, EngineRefused."""
        if query:
            path += "?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(query.items()))
        self.calls += 1
        try:
            answer = self._wires[wire].get(path)
        except (OSError, WireError) as error:
            raise unreachable(self.address, error) from error
        self.date, body = answer.date, answer.body
        if answer.status >= 400:
            try:
                message = json.loads(body)["message"]
            except (ValueError, KeyError, TypeError):
                message = body[:200].decode("utf-8", "replace")
            raise EngineRefused(answer.status, message, where=self.address)
        if answer.api is None:
            raise self._no_engine()
        return body

    def _no_engine(self) -> EngineUnreachable:
        return EngineUnreachable(
            "what answers there is not a Docker engine",
            where=self.address,
            hint="check the engine's address",
        )

    def get_all(self, paths: Sequence[str]) -> list[Any]:
        """The answers to many paths, in their order, asked over several connections at once. A refusal is
        an EngineRefused in its place. Raises EngineUnreachable."""
        answers: list[Any] = [self.ahead.pop(path, None) for path in paths]
        missing = [index for index, answer in enumerate(answers) if answer is None]
        failed: list[EngineUnreachable] = []
        while len(self._wires) < min(CONNECTIONS, len(missing)):
            self._wires.append(self._make_wire())

        def ask(wire: int) -> None:
            for index in missing[wire :: len(self._wires)]:
                try:
                    answers[index] = self.get(paths[index], wire=wire)
                except EngineRefused as refused:
                    answers[index] = refused
                except EngineUnreachable as error:
                    failed.append(error)
                    return

        others = [threading.Thread(target=ask, args=(wire,)) for wire in range(1, len(self._wires))]
        for thread in others:
            thread.start()
        ask(0)
        for thread in others:
            thread.join()
        if failed:
            raise failed[0]
        return answers

    def get_each(self, paths: Sequence[str]) -> list[Any]:
        """As get_all, of what is wanted whole. Raises EngineUnreachable, EngineRefused."""
        answers = self.get_all(paths)
        for answer in answers:
            if isinstance(answer, EngineRefused):
                raise answer
        return answers

    def close(self) -> None:
        for wire in self._wires:
            wire.close()


def unreachable(url: str, error: Exception) -> EngineUnreachable:
    """The error for a failed connection, with what to do about it."""
    if isinstance(error, PermissionError):
        title = "no permission to use the Docker engine's socket"
        hint = "join the group that owns the socket (usually docker), or use sudo"
    elif isinstance(error, FileNotFoundError | ConnectionRefusedError):
        title = "no Docker engine is running there"
        hint = "start it (systemctl start docker), or name another engine in shipyard.toml or DOCKER_HOST"
    elif type(error).__name__ == "SSLCertVerificationError":
        # By its name: the ssl module is loaded where TLS is used.
        title = "the engine's certificate is not to be trusted"
        hint = "ca.pem in DOCKER_CERT_PATH is of the authority that signed it? is its name the address's?"
    elif isinstance(error, TimeoutError):
        title = "the Docker engine does not answer in time"
        hint = "look at the engine's own log; is the machine out of disk or memory?"
    else:
        title = f"the Docker engine cannot be reached: {error}"
        hint = "check that it runs and that its address is right"
    return EngineUnreachable(title, where=url, hint=f"{hint}; `plan --offline` needs no engine")
