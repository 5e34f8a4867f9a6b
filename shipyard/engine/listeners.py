"""What processes of this machine listen on. Reads only."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from shipyard.model.record import Record

Addresses = tuple[tuple[str, int], ...]
Found = tuple[str, int, bool]
"""An address, a port, and whether one of IPv6 is heard at IPv4's addresses too."""

# By proc(5) and tcp_states.h: a TCP socket that listens, a UDP socket that takes from anybody.
_STATES = {"tcp": 10, "udp": 7}

# By sock_diag(7) and linux/inet_diag.h.
_SOCK_DIAG, _BY_FAMILY, _DUMP = 4, 20, 0x301
_DONE, _ERROR = 3, 2
_HEADER, _REQUEST, _ATTRIBUTE = "=IHHII", "=BBBBI48x", "=HH"
_V6ONLY = 11
_NAMES = "127.0.0.11"
"""Where the engine itself answers for names in a container (Docker reference, "DNS services")."""


class Listeners(Record):
    """Addresses with their ports, by protocol: 0.0.0.0 is every one of IPv4, :: every one of IPv6, and who
    listens on both is there twice."""

    tcp: Addresses = ()
    udp: Addresses = ()


def listeners() -> Listeners:
    """Nothing where a machine has neither sock_diag nor the tables of proc."""
    return Listeners(tcp=_sockets("tcp"), udp=_sockets("udp"))


def _sockets(protocol: str) -> Addresses:
    try:
        found = list(_diagnosed(protocol))
    except (OSError, AttributeError):
        # A kernel without sock_diag, or another system.
        found = list(_listed(protocol))
    both = [("0.0.0.0", port, False) for address, port, dual in found if address == "::" and dual]
    return tuple(sorted({(address, port) for address, port, _ in (*found, *both)}))


def _diagnosed(protocol: str) -> Iterator[Found]:
    """From the kernel's own list of who listens: a hundredth of the time that it takes for proc's table of
    TCP, for which it looks at every place where a connection could be. Raises OSError, AttributeError."""
    number = socket.IPPROTO_TCP if protocol == "tcp" else socket.IPPROTO_UDP
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asked:
        for family in (socket.AF_INET, socket.AF_INET6):
            request = struct.pack(_REQUEST, family, number, 0, 0, 1 << _STATES[protocol])
            size = struct.calcsize(_HEADER) + len(request)
            asked.send(struct.pack(_HEADER, size, _BY_FAMILY, _DUMP, 0, 0) + request)
            for kind, body in _messages(asked):
                if kind == _ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "sock_diag")
                yield _socket(family, body)


def _messages(asked: socket.socket) -> Iterator[tuple[int, bytes]]:
    start = struct.calcsize(_HEADER)
    while True:
        data = asked.recv(1 << 16)
        while data:
            size, kind, *_ = struct.unpack_from(_HEADER, data)
            if kind == _DONE:
                return
            yield kind, data[start:size]
            data = data[_aligned(size) :]


def _socket(family: int, body: bytes) -> Found:
    """Of an inet_diag_msg: family, state, timer, retransmissions, ports and addresses in the network's order,
    72 bytes in all; then attributes."""
    (port,) = struct.unpack_from("!H", body, 4)
    address = socket.inet_ntop(family, body[8 : 8 + (4 if family == socket.AF_INET else 16)])
    dual, at = True, 72
    while at < len(body):
        size, kind = struct.unpack_from(_ATTRIBUTE, body, at)
        if kind == _V6ONLY:
            dual = not body[at + struct.calcsize(_ATTRIBUTE)]
        at += _aligned(size)
    return address.removeprefix("::ffff:"), port, dual


def _aligned(size: int) -> int:
    return (size + 3) & ~3


def heard_in(container: str, process: int) -> Addresses | None:
    """Where the programs of a container listen, by its id and its first process; None where that process is
    not one of this machine's, or not to be looked into."""
    place = Path(f"/proc/{process}")
    try:
        groups = (place / "cgroup").read_text()
    except OSError:
        return None
    if container not in groups or not os.access(place / "net" / "tcp", os.R_OK):
        return None
    found = _listed("tcp", place / "net")
    return tuple(sorted({(address, port) for address, port, _ in found if address != _NAMES}))


def _listed(protocol: str, tables: Path = Path("/proc/net")) -> Iterator[Found]:
    """From proc(5), which does not tell who takes IPv6 alone."""
    for table in (protocol, f"{protocol}6"):
        try:
            lines = (tables / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[3], 16) == _STATES[protocol]:
                address, _, port = fields[1].partition(":")
                yield _address(address), int(port, 16), True


def _address(text: str) -> str:
    """Words of 32 bits, each in the byte order of the machine."""
    data = bytes.fromhex(text)
    if sys.byteorder == "little":
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    family = socket.AF_INET if len(data) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, data).removeprefix("::ffff:")
