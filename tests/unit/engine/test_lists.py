"""The engine's lists are asked for ahead by commands that want them, once, and of a local socket alone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shipyard.compile.labels import PROJECT, STAGE
from shipyard.engine import lists
from shipyard.engine.connect import Connection
from shipyard.engine.http import EngineUnreachable
from shipyard.engine.lists import LISTS, ask_ahead, inspect_ahead, lists_of
from shipyard.model.record import replace

ASKED = [f"GET {path} docker" for path in LISTS]


def engine_at(url: str) -> Connection:
    return Connection(url=url, address=url, local=True)


@pytest.fixture
def url(server: Any) -> Iterator[str]:
    yield f"unix://{server.server_address!s}"
    assert lists._asked == [], "what was asked ahead is handed out or given up"


def test_they_are_there_before_they_are_wanted(server: Any, url: str) -> None:
    ask_ahead(["plan", "--stage", "prod"], {"DOCKER_HOST": url})
    lists._asked[0].thread.join()
    assert sorted(server.asked) == sorted(ASKED)
    reader, answers, _ = lists_of(engine_at(url))
    assert answers[0] == {"ID": "E1"}
    assert len(server.asked) == len(LISTS), "they are asked for once"
    reader.close()


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("local", [True, False])
def test_who_listens_is_read_where_the_engine_is_on_this_machine(
    server: Any, url: str, ahead: bool, local: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        if ahead:
            ask_ahead(["plan"], {"DOCKER_HOST": url})
            lists._asked[0].thread.join()
        reader, _, listening = lists_of(replace(engine_at(url), local=local))
    reader.close()
    assert (address in listening.tcp) == local


def test_each_look_is_a_new_one(server: Any, url: str) -> None:
    ask_ahead(["status"], {"DOCKER_HOST": url})
    for _ in range(2):
        lists_of(engine_at(url))[0].close()
    assert len(server.asked) == 2 * len(LISTS)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (["apply", "--yes"], "{url}"),
        (["plan", "--offline"], "{url}"),
        (["plan", "--observed=x.json"], "{url}"),
        (["plan", "--help"], "{url}"),
        ([], "{url}"),
        (["plan"], "tcp://127.0.0.1:1"),
        (["plan"], "ssh://box"),
    ],
)
def test_nobody_else_is_asked(server: Any, url: str, words: list[str], address: str) -> None:
    ask_ahead(words, {"DOCKER_HOST": address.format(url=url)})
    assert lists._asked == []
    assert server.asked == []


def test_another_engine_is_asked_itself(server: Any, url: str) -> None:
    ask_ahead(["plan"], {"DOCKER_HOST": "unix:///nowhere"})
    reader, *_ = lists_of(engine_at(url))
    reader.close()
    assert len(server.asked) == len(LISTS)


def test_nobody_waits_for_another_engine(server: Any, url: str) -> None:
    ask_ahead(["plan"], {"DOCKER_HOST": url})
    released = threading.Event()
    ahead = lists._asked[0]
    asked, ahead.thread = ahead.thread, threading.Thread(target=released.wait)
    ahead.thread.start()
    with pytest.raises(EngineUnreachable):
        lists_of(engine_at("unix:///nowhere"))
    released.set()
    for thread in (asked, ahead.thread):
        thread.join()
    ahead.reader.close()


def test_one_that_is_not_there_is_told_when_it_is_wanted(url: str) -> None:
    ask_ahead(["plan"], {"DOCKER_HOST": "unix:///nowhere"})
    with pytest.raises(EngineUnreachable):
        lists_of(engine_at("unix:///nowhere"))


def test_the_containers_of_the_deployment_are_inspected_ahead_and_no_others(server: Any, url: str) -> None:
    ask_ahead(["plan"], {"DOCKER_HOST": url})
    inspect_ahead({PROJECT: "shop", STAGE: "prod"})
    lists._asked[0].thread.join()
    assert server.asked[len(LISTS) :] == ["GET /containers/C1/json docker"]
    reader, *_ = lists_of(engine_at(url))
    assert reader.get_all(["/containers/C1/json"]) == ["/containers/C1/json"]
    assert len(server.asked) == len(LISTS) + 1, "it is asked for once"
    reader.get_all(["/containers/C1/json"])
    assert len(server.asked) == len(LISTS) + 2, "and handed out once"
    reader.close()


def test_what_is_wanted_next_is_asked_for_meanwhile(server: Any, url: str) -> None:
    ask_ahead(["plan"], {"DOCKER_HOST": url})
    (asked,) = lists._asked
    asked.thread.join()

    def until_it_is_asked() -> None:
        while "GET /next docker" not in server.asked:
            time.sleep(0.001)

    asked.thread = threading.Thread(target=until_it_is_asked, daemon=True)
    asked.thread.start()
    reader, *_ = lists_of(engine_at(url), "/next")
    assert reader.get_all(["/next"]) == ["/next"]
    assert server.asked.count("GET /next docker") == 1
    reader.close()
