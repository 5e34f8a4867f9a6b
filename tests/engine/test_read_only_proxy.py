"""The proxy itself, over plain sockets: a test that rests on it must not rest on a hole in it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from read_only_proxy import ReadOnlyProxy


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[ReadOnlyProxy]:
    with ReadOnlyProxy(tmp_path / "engine.sock") as made:
        yield made


def ask(proxy: ReadOnlyProxy, *pieces: bytes) -> bytes:
    """What comes back until the other side has closed."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(proxy.url.removeprefix("unix://"))
        for piece in pieces:
            client.sendall(piece)
        # Who has asked to be closed is: an engine may take half a connection for one that is gone.
        if b"Connection: close" not in b"".join(pieces):
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(65536):
            answer += data
        return answer


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: docker", *headers, "", ""]).encode() + body


def test_many_questions_over_one_connection_are_answered(proxy: ReadOnlyProxy) -> None:
    last = request("GET /version", "Connection: close")
    answer = ask(proxy, request("GET /_ping") + request("HEAD /_ping"), last[:7], last[7:])
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert b'"ApiVersion"' in answer
    assert proxy.requests == [("GET", "/_ping"), ("HEAD", "/_ping"), ("GET", "/version")]
    assert proxy.refused == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"])
def test_every_other_method_is_refused_and_says_so(proxy: ReadOnlyProxy, method: str) -> None:
    answer = ask(proxy, request(f"{method} /volumes/create", "Content-Length: 2", body=b"{}"))
    head, _, text = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 ")
    assert method in json.loads(text)["message"]
    assert proxy.refused == [(method, "/volumes/create")]


def test_a_write_behind_a_question_and_its_body_is_refused(proxy: ReadOnlyProxy) -> None:
    write = request("POST /volumes/create", "Content-Length: 2", body=b"{}")
    for question in (
        request("GET /_ping"),
        request("GET /_ping", f"Content-Length: {len(write)}", body=write),
        request(
            "GET /_ping", "Transfer-Encoding: chunked", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(write), write)
        ),
    ):
        proxy.clear()
        answer = ask(proxy, question + write)
        assert answer.count(b"HTTP/1.1 403 ") == 1
        assert proxy.requests == [("GET", "/_ping"), ("POST", "/volumes/create")]
        assert proxy.refused == [("POST", "/volumes/create")]


@pytest.mark.parametrize(
    "text",
    [
        request("GET /_ping", "Upgrade: tcp", "Connection: Upgrade"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"anything else\r\n\r\n",
        request("GET /_ping", "Transfer-Encoding: chunked", body=b"nothing\r\n"),
    ],
)
def test_what_is_no_longer_http_is_refused(proxy: ReadOnlyProxy, text: bytes) -> None:
    assert b"200 OK" not in ask(proxy, text)
    assert len(proxy.refused) == 1
