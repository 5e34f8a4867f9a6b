"""The engine's socket at another place, where only questions are let through.

Every request's head is read, however many come over one connection, and whatever a body holds. What is no
GET or HEAD is noted, answered 403 and never reaches the engine.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ENGINE = "/var/run/docker.sock"
LONGEST_LINE = 65536
MOST_LINES = 200
READS = ("GET", "HEAD")


class BadRequest(Exception):
    """What a client sent is no HTTP request that can be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A request's first line and headers; `raw` as they came."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @property
    def reads(self) -> bool:
        """An upgraded connection is no longer HTTP: what goes over it could be anything."""
        return self.method in READS and "upgrade" not in self.headers


class ReadOnlyProxy:
    """`requests` are (method, target) of all that was asked, `refused` those that were not let through."""

    def __init__(self, path: Path) -> None:
        self.url = f"unix://{path}"
        self.requests: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []
        self._path = path
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> ReadOnlyProxy:
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept is only woken by this.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._path.unlink()

    def clear(self) -> None:
        self.requests.clear()
        self.refused.clear()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as engine, client.makefile("rb") as asked:
            engine.connect(ENGINE)
            answers = threading.Thread(target=_pump, args=(engine, client), daemon=True)
            answers.start()
            try:
                while (head := read_head(asked)) is not None:
                    self.requests.append((head.method, head.target))
                    if not head.reads:
                        self.refused.append((head.method, head.target))
                        _refuse(client, asked, head)
                        break
                    engine.sendall(head.raw)
                    for piece in body(asked, head):
                        engine.sendall(piece)
            except BadRequest as error:
                self.refused.append(("?", str(error)))
            except OSError:
                # One of the two has gone.
                pass
            with contextlib.suppress(OSError):
                engine.shutdown(socket.SHUT_RDWR)
            answers.join(timeout=10)


def read_head(asked: BinaryIO) -> Head | None:
    """The next request's head, None when the client has closed. Raises BadRequest."""
    first = asked.readline(LONGEST_LINE)
    if not first:
        return None
    words = first.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(f"not a request: {first[:100]!r}")
    raw, headers = [first], dict[str, str]()
    while (line := asked.readline(LONGEST_LINE)).rstrip(b"\r\n"):
        raw.append(line)
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
        if len(raw) > MOST_LINES:
            raise BadRequest("too many headers")
    return Head(method=words[0], target=words[1], headers=headers, raw=b"".join([*raw, line]))


def body(asked: BinaryIO, head: Head) -> list[bytes]:
    """The pieces of a request's body as they came. Raises BadRequest."""
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return _chunks(asked)
    length = int(head.headers.get("content-length", "0"))
    return [_exactly(asked, length)] if length else []


def _chunks(asked: BinaryIO) -> list[bytes]:
    pieces: list[bytes] = []
    while True:
        line = asked.readline(LONGEST_LINE)
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise BadRequest(f"not the size of a chunk: {line[:100]!r}") from error
        pieces.append(line)
        if size == 0:
            break
        pieces.append(_exactly(asked, size + 2))
    while True:
        trailer = asked.readline(LONGEST_LINE)
        pieces.append(trailer)
        if not trailer.rstrip(b"\r\n"):
            return pieces


def _exactly(asked: BinaryIO, length: int) -> bytes:
    found = asked.read(length)
    if len(found) != length:
        raise BadRequest("the body ends early")
    return found


def _refuse(client: socket.socket, asked: BinaryIO, head: Head) -> None:
    """Answer 403 as an engine would. What the client still sends is read first: closing a connection with
    unread bytes may take the answer away from it."""
    text = json.dumps({"message": f"this socket is for reading, not for {head.method}"}).encode()
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answer += f"Content-Length: {len(text)}\r\n\r\n".encode() + text
    client.sendall(answer)
    client.shutdown(socket.SHUT_WR)
    client.settimeout(5)
    with contextlib.suppress(OSError):
        while asked.read1(65536):  # type: ignore[attr-defined]
            pass


def _pump(engine: socket.socket, client: socket.socket) -> None:
    try:
        while data := engine.recv(65536):
            client.sendall(data)
        # The engine has ended the connection: the client must see it as well.
        client.shutdown(socket.SHUT_WR)
    except OSError:
        return
