"""What processes of this machine listen on. Reads only."""

from __future__ import annotations

import socket
import sys
from pathlib import Path


def listeners() -> tuple[tuple[str, int], ...]:
    """Addresses and TCP ports (proc(5): state 0A is LISTEN); nothing where a machine has no such tables. The
    kernel takes some 10 ms for it, whatever is there."""
    found: set[tuple[str, int]] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A":
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
