"""Which engine to talk to, and how: the manifest's word, DOCKER_HOST, the docker context, the default."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from shipyard.engine.http import EngineUnreachable
from shipyard.errors import ShipyardError
from shipyard.model.record import Record

DEFAULT_SOCKET = "unix:///var/run/docker.sock"


class EngineAddressError(ShipyardError):
    """The engine's address cannot be understood."""


class Connection(Record):
    """`url` is what this process and its children talk to; `address` what the user named, for display.

    `local`: the engine shares this machine's file system and ports.
    """

    url: str
    address: str
    local: bool

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment for docker's own commands: this engine, and nothing that could redirect them."""
        kept = {
            key: value
            for key, value in environ.items()
            if not key.startswith(("COMPOSE_", "BUILDX_BAKE_"))
            and key not in ("DOCKER_CONTEXT", "DOCKER_HOST")
        }
        # A builder chosen for other projects may not load images into this engine.
        kept.pop("BUILDX_BUILDER", None)
        kept["DOCKER_HOST"] = self.url
        return kept


@contextlib.contextmanager
def connect(engine: str | None, environ: Mapping[str, str]) -> Iterator[Connection]:
    """Resolve the address and hold a forwarded socket open for an engine behind ssh.

    Raises EngineAddressError, EngineUnreachable.
    """
    address = engine or usual_address(environ)
    shown = without_password(engine or ("local engine" if address == DEFAULT_SOCKET else address))
    if "://" not in address:
        address = _context_endpoint(address, environ)
    scheme = address.partition("://")[0]
    if scheme == "unix":
        yield Connection(url=address, address=shown, local=True)
    elif scheme == "tcp":
        if environ.get("DOCKER_TLS_VERIFY"):
            raise EngineAddressError(
                "engines over tcp with TLS are not supported yet", where=address, hint="use ssh://user@host"
            )
        host = address.removeprefix("tcp://").rpartition(":")[0]
        yield Connection(url=address, address=shown, local=host in ("127.0.0.1", "localhost", "[::1]"))
    elif scheme == "ssh":
        with _forwarded(address) as url:
            yield Connection(url=url, address=shown, local=False)
    else:
        raise EngineAddressError(
            f"{without_password(address)!r} is not an engine's address",
            where="engine",
            hint="write unix:///path, ssh://user@host, tcp://host:port or the name of a docker context",
        )


def usual_address(environ: Mapping[str, str]) -> str:
    """The engine's address where no manifest names one. Raises EngineAddressError."""
    return environ.get("DOCKER_HOST") or _context_endpoint(None, environ)


def _context_endpoint(name: str | None, environ: Mapping[str, str]) -> str:
    """The endpoint of a docker context, from the client's own store.

    The store keeps each context under the SHA-256 of its name (Docker CLI reference, `docker context`).
    """
    folder = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/root")) / ".docker")
    name = name or environ.get("DOCKER_CONTEXT") or None
    if name is None:
        try:
            name = json.loads((folder / "config.json").read_text()).get("currentContext")
        except (OSError, ValueError):
            name = None
    if not name or name == "default":
        return DEFAULT_SOCKET
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    try:
        return str(json.loads(meta.read_text())["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError) as error:
        raise EngineAddressError(
            f"there is no docker context {name!r}",
            where="engine",
            hint="`docker context ls` lists them; or write ssh://user@host",
        ) from error


def without_password(address: str) -> str:
    """What may be shown of an address that somebody wrote a password into."""
    return re.sub(r"(//[^/@:]*):[^/@]*@", r"\1:...@", address)


@contextlib.contextmanager
def _forwarded(address: str) -> Iterator[str]:
    match = re.fullmatch(r"ssh://(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9._-]+)(?::(\d+))?(/.*)?", address)
    if match is None:
        raise EngineAddressError(
            f"{without_password(address)!r} is not of the form ssh://user@host:port", where="engine"
        )
    user, host, port, path = match.groups()
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="shipyard-") as folder:
        local = Path(folder) / "engine.sock"
        command = ["ssh", "-nNT", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes"]
        command += ["-L", f"{local}:{path or '/var/run/docker.sock'}"]
        command += (["-p", port] if port else []) + ["--", f"{user}@{host}" if user else host]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while not local.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    said = (process.communicate()[1] or b"").decode("utf-8", "replace").strip()
                    raise EngineUnreachable(
                        "the ssh connection to the engine failed",
                        where=address,
                        details=tuple(said.splitlines()[-3:]),
                        hint=f"`ssh {host}` must work without a password prompt",
                    )
                time.sleep(0.02)
            yield f"unix://{local}"
        finally:
            process.terminate()
            process.communicate()
