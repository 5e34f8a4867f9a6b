"""The engine's socket at another place, as ssh forwards it, that can be cut off and hold answers back."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

ENGINE = "/var/run/docker.sock"


class ForwardedSocket:
    """`slow`: a piece of a request (such as b"/containers/create") whose answer comes `delay` seconds
    late. `lasting`: so many pieces of requests are passed on, and then nothing any more."""

    def __init__(
        self, path: Path, *, slow: bytes | None = None, delay: float = 0, lasting: int | None = None
    ) -> None:
        self.url = f"unix://{path}"
        self._path = path
        self._slow = slow
        self._delay = delay
        self.left = lasting
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server: socket.socket | None = None
        self.restore()

    def restore(self) -> None:
        """Answer again, after a cut."""
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen(64)
        self._begin(self._serve, self._server)

    def _begin(self, function: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self._threads[-1].start()

    def cut(self) -> None:
        """Close every connection and answer no more, as an engine that is restarted does."""
        self._path.unlink(missing_ok=True)
        everything = [*self._open, *([self._server] if self._server else [])]
        for one in everything:
            # A peer that has gone already has shut it down.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in everything:
            one.close()
        self._open, self._threads, self._server = [], [], None

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            self._open += [client, engine]
            late = threading.Event()
            for source, target, asks in ((client, engine, True), (engine, client, False)):
                self._begin(self._pump, source, target, asks, late)

    def _pump(self, source: socket.socket, target: socket.socket, asks: bool, late: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                if asks and self.left is not None:
                    self.left -= 1
                    if self.left < 0:
                        source.shutdown(socket.SHUT_RDWR)
                        target.shutdown(socket.SHUT_RDWR)
                        return
                if asks and self._slow is not None and self._slow in data:
                    late.set()
                elif not asks and late.is_set():
                    late.clear()
                    time.sleep(self._delay)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return
