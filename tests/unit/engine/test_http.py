"""The reader of the engine's API, against a small server on a socket of its own."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shipyard.engine.http import EngineReader, EngineRefused, EngineUnreachable, unreachable


@pytest.fixture
def reader(server: Any) -> Iterator[EngineReader]:
    made = EngineReader(f"unix://{server.server_address!s}")
    yield made
    made.close()


def test_it_gets_json_over_one_connection(reader: EngineReader, server: Any) -> None:
    assert reader.get("/info") == {"ID": "E1"}
    assert reader.get("/empty") == []
    assert (reader.calls, server.connections) == (2, 1)
    assert server.asked == ["GET /info docker", "GET /empty docker"]


def test_it_tells_the_engines_clock_and_hands_bytes_out(reader: EngineReader) -> None:
    assert reader.date is None
    assert reader.fetch("/page") == b"<html>hello</html>"
    assert str(reader.date).endswith(" GMT")


def test_a_query_is_quoted_and_sorted(reader: EngineReader) -> None:
    asked = reader.get("/images/json", filters='{"a":["b c/d&é"]}', all="1")
    assert asked == "/images/json?all=1&filters=%7B%22a%22%3A%5B%22b%20c%2Fd%26%C3%A9%22%5D%7D"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/missing", 404, "the engine answered 404: No such container: x"),
        ("/broken", 500, "the engine answered 500: it broke"),
        ("/odd", 500, 'the engine answered 500: ["no message"]'),
    ],
)
def test_an_error_status(reader: EngineReader, path: str, status: int, message: str) -> None:
    with pytest.raises(EngineRefused) as caught:
        reader.get(path)
    assert (caught.value.status, caught.value.title, caught.value.where) == (status, message, reader.url)
    assert reader.get("/info") == {"ID": "E1"}


@pytest.mark.parametrize("path", ["/page", "/another-server"])
def test_what_is_no_engine(reader: EngineReader, path: str) -> None:
    """Not even where it answers with JSON: an engine names the version of its API."""
    with pytest.raises(EngineUnreachable, match="what answers there is not a Docker engine"):
        reader.get(path)


def test_an_engine_that_takes_too_long(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(folder / "engine.sock"))
        silent.listen()
        reader = EngineReader(f"unix://{folder}/engine.sock", timeout=0.1)
        with pytest.raises(EngineUnreachable, match="does not answer in time"):
            reader.get("/info")


def test_an_engine_that_hangs_up(reader: EngineReader) -> None:
    with pytest.raises(EngineUnreachable, match="cannot be reached") as caught:
        reader.get("/hangup")
    assert caught.value.where == reader.url
    assert reader.get("/info") == {"ID": "E1"}


def test_no_socket_there(folder: Path) -> None:
    with pytest.raises(EngineUnreachable, match="no Docker engine is running there") as caught:
        EngineReader(f"unix://{folder}/nothing").get("/info")
    assert caught.value.where == f"unix://{folder}/nothing"
    assert "systemctl start docker" in (caught.value.hint or "")
    assert "`plan --offline` needs no engine" in (caught.value.hint or "")


def test_a_socket_without_an_engine(folder: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder / "s"))
    left.close()
    with pytest.raises(EngineUnreachable, match="no Docker engine is running there"):
        EngineReader(f"unix://{folder}/s").get("/info")


def test_a_path_that_is_too_long(folder: Path) -> None:
    with pytest.raises(EngineUnreachable, match="cannot be reached: AF_UNIX path too long"):
        EngineReader(f"unix://{folder}/{'x' * 200}").get("/info")


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (PermissionError(), "no permission to use the Docker engine's socket"),
        (FileNotFoundError(), "no Docker engine is running there"),
        (ConnectionRefusedError(), "no Docker engine is running there"),
        (TimeoutError(), "the Docker engine does not answer in time"),
        (OSError("no route"), "the Docker engine cannot be reached: no route"),
    ],
)
def test_what_failed_in_words(error: Exception, title: str) -> None:
    told = unreachable("unix:///s", error)
    assert (told.title, told.where, told.exit_code) == (title, "unix:///s", 1)
    assert told.hint
    assert told.hint.endswith("; `plan --offline` needs no engine")


def test_an_engine_over_tcp(handler: Any) -> None:
    class Loopback(http.server.ThreadingHTTPServer):
        asked: list[str]
        connections = 0

    with Loopback(("127.0.0.1", 0), handler) as made:
        made.asked = []
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        reader = EngineReader(f"tcp://127.0.0.1:{made.server_port}")
        assert reader.get("/info") == {"ID": "E1"}
        reader.close()
        made.shutdown()
        thread.join()
