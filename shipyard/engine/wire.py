"""One kept-open HTTP/1.1 connection for GET requests, over a local socket or TCP, with TLS or without.

http.client does this and more, and loads the email package and TLS with it: a fifth of the time in which
`plan` has to be done. The rules are RFC 9112's, sections 6 and 7, as far as an engine's answers use them.
"""

from __future__ import annotations

import socket
from typing import BinaryIO
from urllib.parse import urlsplit

from shipyard.engine.certificates import Certificates
from shipyard.model.record import Record

TIMEOUT = 30.0
"""Seconds without a word from the other side."""
_LONGEST_LINE = 65536
_MOST_HEADERS = 100


class WireError(Exception):
    """What came back is no HTTP answer, or not all of one."""


class Answer(Record):
    """`date` is the Date header, the other side's clock; `api` the version of the Docker Engine API that
    answers. None when there is none."""

    status: int
    date: str | None
    api: str | None
    body: bytes


class Wire:
    """A connection to `url`, unix:///path or tcp://host:port, made when it is first needed; with
    `certificates` by TLS. `timeout` is how many seconds an answer may take to begin."""

    def __init__(self, url: str, certificates: Certificates | None = None, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout
        self._certificates = certificates
        self._socket: socket.socket | None = None
        self._file: BinaryIO | None = None

    def get(self, path: str) -> Answer:
        """One request. Raises OSError, WireError; the connection is closed then."""
        kept = self._socket is not None
        try:
            return self._get(path)
        except (OSError, WireError):
            self.close()
            if not kept:
                raise
        # The other side may have closed a connection that was kept open: a read can be asked again.
        try:
            return self._get(path)
        except (OSError, WireError):
            self.close()
            raise

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._file = None

    def _connected(self) -> tuple[socket.socket, BinaryIO]:
        if self._socket is None or self._file is None:
            parts = urlsplit(self._url)
            if parts.scheme == "unix":
                made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._socket = made
                made.settimeout(self._timeout)
                made.connect(parts.path)
            else:
                made = socket.create_connection((parts.hostname or "", parts.port or 2375), TIMEOUT)
                made.settimeout(self._timeout)
                if self._certificates is not None:
                    made = self._certificates.context().wrap_socket(made, server_hostname=parts.hostname)
                self._socket = made
            self._file = made.makefile("rb")
        return self._socket, self._file

    def _get(self, path: str) -> Answer:
        connection, file = self._connected()
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: docker\r\n\r\n".encode("ascii"))
        words = _line(file).split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            raise WireError("not an HTTP answer")
        headers = dict(_headers(file))
        body = _body(file, int(words[1]), headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(
            status=int(words[1]), date=headers.get("date"), api=headers.get("api-version"), body=body
        )


def _headers(file: BinaryIO) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while line := _line(file).rstrip(b"\r\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(found) >= _MOST_HEADERS:
            raise WireError("not an HTTP header")
        found.append((name.strip().lower(), value.strip()))
    return found


def _body(file: BinaryIO, status: int, headers: dict[str, str]) -> bytes:
    if status in (204, 304):
        return b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks = []
        while size := _number(_line(file).partition(b";")[0], 16):
            chunks.append(_exactly(file, size))
            _line(file)
        while _line(file).rstrip(b"\r\n"):
            pass
        return b"".join(chunks)
    if "content-length" in headers:
        return _exactly(file, _number(headers["content-length"], 10))
    return file.read()


def _number(text: bytes | str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise WireError("not a length") from None


def _line(file: BinaryIO) -> bytes:
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise WireError("the answer ends early")
    return line


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise WireError("the answer ends early")
    return data
