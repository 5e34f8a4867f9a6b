"""Ports, volumes and tmpfs in the short forms that Docker users know. All raise Invalid."""

from __future__ import annotations

import posixpath
import re
from typing import Literal

from shipyard.manifest import references
from shipyard.manifest.errors import Invalid
from shipyard.manifest.values import line
from shipyard.model.manifest import Mount, Publish

_FORMS = 'write it as in "8000", "80:8000" or "127.0.0.1:80:8000"'
_PUBLISH = r"(?:(?:(\[[^\]]*\]|[^:\[\]]*):)?([^:\[\]]*):)?([^:/]+)(?:/(.*))?"
# The options that the engine hands to the kernel (docker run --tmpfs; tmpfs(5)).
_TMPFS_OPTION = (
    r"r[ow]|(?:no)?(?:exec|suid|dev|mand|atime|diratime|relatime|strictatime)|a?sync|dirsync"
    r"|size=[0-9]+[kmgtKMGT%]?|mode=[0-7]{3,4}|[ug]id=[0-9]{1,10}|nr_(?:inodes|blocks)=[0-9]+[kmgKMG]?"
)
RESERVED = ("shipyard-key", "shipyard-record", "shipyard-restore")
"""How the volumes begin that hold what Shipyard remembers of a stage."""
_EPHEMERAL = "127.0.0.1::8000"


def publish(value: object) -> Publish:
    """`[[IP:]HOST:]CONTAINER[/udp]`, as `docker run --publish`; a lone port is 127.0.0.1:PORT to the
    service's port."""
    text = line(value)
    match = re.fullmatch(_PUBLISH, text)
    if match is None or match.group(1) == "":
        hint = 'an IPv6 address is written "[::1]:80:8000"' if text.count(":") > 2 else _FORMS
        raise Invalid(f"{text!r} is no published port", hint)
    address, host, container, protocol = match.groups()
    if protocol not in (None, "tcp", "udp"):
        raise Invalid(f"{text!r}: unknown protocol {protocol!r}", "there are /tcp and /udp")
    kind: Literal["tcp", "udp"] = "udp" if protocol == "udp" else "tcp"
    if host is None:
        return Publish(host_port=_port(container, text), container_port=None, protocol=kind)
    if not host and not address:
        raise Invalid(f"{text!r} names no host port", f'write "{_EPHEMERAL}" to let the engine pick one')
    return Publish(
        host_ip=_address(address, text) if address else "0.0.0.0",
        host_port=_port(host, text) if host else None,
        container_port=_port(container, text),
        protocol=kind,
    )


def mount(value: object) -> Mount:
    """`SOURCE:TARGET[:ro|rw]` or `TARGET`. A bind's source stays as written, without ./ and //."""
    text = line(value)
    source, *rest = text.split(":")
    if not rest:
        if not text.startswith("/"):
            raise Invalid(f"{text!r} names no place in the container", f'write it as in "{text}:/srv/data"')
        return Mount(kind="volume", source=None, target=target(text))
    options = rest[1] if len(rest) > 1 else "rw"
    if len(rest) > 2 or options not in ("ro", "rw"):
        raise Invalid(f"{text!r}: the options are ro and rw", 'write it as in "media:/app/media:ro"')
    kind: Literal["volume", "bind"] = "volume"
    if source.startswith(("/", ".")):
        kind, source = "bind", posixpath.normpath(source)
    elif source.startswith("~"):
        raise Invalid(f"{text!r}: ~ is another folder for everyone", "write the whole path, or ${env:HOME}")
    elif "/" in source:
        raise Invalid(f"{source!r} is no volume's name", f'a folder is written "./{source}"')
    else:
        references.name(source)
        if source.startswith(RESERVED):
            raise Invalid(f"{source!r} is a name that Shipyard keeps for itself", "name the volume otherwise")
    return Mount(kind=kind, source=source, target=target(rest[0]), read_only=options == "ro")


def tmpfs(value: object) -> str:
    """`/folder` or `/folder:options`, as `docker run --tmpfs`."""
    text = line(value)
    path, separator, options = text.partition(":")
    for option in options.split(",") if separator else ():
        if not re.fullmatch(_TMPFS_OPTION, option):
            raise Invalid(f"{option!r} is no option of a tmpfs", 'write it as in "/tmp:size=16m,mode=1777"')
    return f"{target(path)}{separator}{options}"


def target(text: str) -> str:
    """An absolute path in the container, other than its root."""
    if not text.startswith("/"):
        raise Invalid(f"{text!r}: a path in the container is absolute", f'did you mean "/{text}"?')
    path = "/" + posixpath.normpath(text).lstrip("/")
    if path == "/":
        raise Invalid("nothing can be mounted over the container's root", "name a folder in it")
    return path


def _port(text: str, whole: str) -> int:
    if "-" in text:
        raise Invalid(f"{whole!r}: ranges of ports are not supported", "list them one by one")
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        if text == "0":
            raise Invalid(f"{whole!r}: port 0", f'write "{_EPHEMERAL}" to let the engine pick one')
        if "." in text:
            raise Invalid(f"{whole!r} names no host port", f'write "{text}::PORT" to let the engine pick one')
        raise Invalid(f"{whole!r}: {text!r} is no port", f"a port is from 1 to 65535; {_FORMS}")
    return int(text)


def _address(text: str, whole: str) -> str:
    import ipaddress

    try:
        # No engine publishes on an address of a zone.
        return str(ipaddress.ip_address(text.strip("[]").replace("%", " ")))
    except ValueError:
        hint = whole.replace("localhost", "127.0.0.1", 1) if text == "localhost" else "127.0.0.1:80:8000"
        raise Invalid(f"{whole!r}: {text!r} is no IP address", f'write it as in "{hint}"') from None
