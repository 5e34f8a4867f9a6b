"""The engine's socket at another place, where it says that it is an older one, or that it is later. For
questions alone."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ENGINE = "/var/run/docker.sock"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    version = ""
    ahead = 0.0


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection("docker")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(ENGINE)
        connection.request(self.command, self.path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if self.path.endswith(("/info", "/version")):
            found = json.loads(body)
            for key in {"ServerVersion", "Version"} & found.keys():
                found[key] = self.server.version or found[key]
            body = json.dumps(found).encode()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + self.server.ahead)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...

    def address_string(self) -> str:
        return "docker"


@contextlib.contextmanager
def older_engine(path: Path, version: str = "", ahead: float = 0.0) -> Iterator[str]:
    """The address of an engine that says it has this version, and whose clock is ahead by seconds."""
    with _Server(str(path), _Handler) as server:
        server.version, server.ahead = version, ahead
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()
