"""A small server that answers as an engine does, on a socket of its own."""

from __future__ import annotations

import http.server
import json
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHOP = {"shipyard.project": "shop", "shipyard.stage": "prod"}
CONTAINERS = [
    {"Id": "C1", "Labels": _SHOP},
    {"Id": "C2", "Labels": {**_SHOP, "shipyard.stage": "dev"}},
    {"Id": "C3", "Labels": {**_SHOP, "shipyard.role": "lease"}},
    {"Id": "C4", "Labels": None},
]
ANSWERS = {
    "/containers/json": (200, json.dumps(CONTAINERS).encode()),
    "/info": (200, b'{"ID": "E1"}'),
    "/empty": (200, b"[]"),
    "/missing": (404, b'{"message": "No such container: x"}'),
    "/broken": (500, b"it broke"),
    "/odd": (500, b'["no message"]'),
    "/page": (200, b"<html>hello</html>"),
}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Remembers what it was asked."""

    daemon_threads = True
    block_on_close = False
    asked: list[str]
    connections = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path} {self.headers['Host']}")
        if self.path == "/hangup":
            self.close_connection = True
            return
        status, body = ANSWERS.get(self.path.partition("?")[0], (200, json.dumps(self.path).encode()))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.path != "/another-server":
            self.send_header("Api-Version", "1.51")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...

    def address_string(self) -> str:
        return "test"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(str(folder / "s"), Handler) as made:
        made.asked = []
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def handler() -> type[Handler]:
    """What answers, for a server of another kind."""
    return Handler
