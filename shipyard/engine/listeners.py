"""What processes of this machine listen on. Reads only."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from shipyard.model.record import Record

Addresses = tuple[tuple[str, int], ...]


class Listeners(Record):
    """Addresses with their ports, by protocol."""

    tcp: Addresses = ()
    udp: Addresses = ()


def listeners() -> Listeners:
    """By proc(5): a TCP socket that listens has state 0A, a UDP socket that takes from anybody 07. Nothing
    where a machine has no such tables. The kernel takes some 10 ms for that of TCP, whatever is there."""
    return Listeners(tcp=_sockets("tcp", "0A"), udp=_sockets("udp", "07"))


def _sockets(protocol: str, state: str) -> Addresses:
    found: set[tuple[str, int]] = set()
    for table in (protocol, f"{protocol}6"):
        try:
            lines = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == state:
                address, _, port = fields[1].partition(":")
                found.add((_address(address), int(port, 16)))
    return tuple(sorted(found))


def _address(text: str) -> str:
    """Words of 32 bits, each in the byte order of the machine."""
    data = bytes.fromhex(text)
    if sys.byteorder == "little":
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    family = socket.AF_INET if len(data) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, data).removeprefix("::ffff:")
