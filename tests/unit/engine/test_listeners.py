"""Who listens on this machine, by the kernel's own list and by its tables."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from shipyard.engine import listeners as module
from shipyard.engine.listeners import listeners

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="sockets of Linux")

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@pytest.fixture(params=["sock_diag", "proc"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "proc":

        def none(protocol: str) -> Iterator[module.Found]:
            raise FileNotFoundError(protocol)

        monkeypatch.setattr(module, "_diagnosed", none)
    return str(request.param)


def opened(protocol: str, address: str, only: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, KINDS[protocol])
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    try:
        made.bind((address, 0))
    except OSError:
        made.close()
        pytest.skip("no IPv6 here")
    if protocol == "tcp":
        made.listen()
    return made


def heard(protocol: str, port: int) -> set[str]:
    return {address for address, number in getattr(listeners(), protocol) if number == port}


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize(
    ("address", "addresses"),
    [
        ("127.0.0.1", {"127.0.0.1"}),
        ("0.0.0.0", {"0.0.0.0"}),
        ("::", {"::", "0.0.0.0"}),
        ("::1", {"::1"}),
        ("::ffff:127.0.0.1", {"127.0.0.1"}),
    ],
)
def test_who_listens(source: str, protocol: str, address: str, addresses: set[str]) -> None:
    with opened(protocol, address) as listener:
        port = listener.getsockname()[1]
        assert heard(protocol, port) == addresses
        other = "udp" if protocol == "tcp" else "tcp"
        assert heard(other, port) == set()
    assert heard(protocol, port) == set()


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_of_ipv6_alone(protocol: str) -> None:
    with opened(protocol, "::", only=True) as listener:
        assert heard(protocol, listener.getsockname()[1]) == {"::"}


def test_who_is_only_bound_or_connected_does_not_listen(source: str) -> None:
    with opened("tcp", "127.0.0.1") as listener, socket.create_connection(listener.getsockname()) as client:
        assert heard("tcp", client.getsockname()[1]) == set()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert heard("tcp", bound.getsockname()[1]) == set()


def test_many(source: str) -> None:
    opens = [opened("tcp", "127.0.0.1") for _ in range(900)]
    try:
        assert {one.getsockname() for one in opens} <= set(listeners().tcp)
    finally:
        for one in opens:
            one.close()
