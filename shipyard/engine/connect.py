"""Which engine to talk to, and how: the manifest's word, DOCKER_HOST, the docker context, the default."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from shipyard.engine.certificates import Certificates
from shipyard.engine.http import EngineReader, EngineUnreachable
from shipyard.engine.plugins import client_folder
from shipyard.engine.wire import TIMEOUT
from shipyard.errors import ShipyardError
from shipyard.model.record import Record

_REDIRECTING = ("DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
DEFAULT_SOCKET = "unix:///var/run/docker.sock"


class EngineAddressError(ShipyardError):
    """The engine's address cannot be understood."""


class Connection(Record):
    """`url` is what this process and its children talk to; `address` what the user named, for display.

    `local`: the engine shares this machine's file system and ports. `certificates`: it is talked to by TLS.
    """

    url: str
    address: str
    local: bool
    certificates: Certificates | None = None

    def reader(self, timeout: float = TIMEOUT) -> EngineReader:
        """For questions to it, each answered within so many seconds; whoever asks closes it."""
        return EngineReader(self.url, self.certificates, self.address, timeout)

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment for docker's own commands: this engine, and nothing that could redirect them."""
        kept = {
            key: value
            for key, value in environ.items()
            if not key.startswith(("COMPOSE_", "BUILDX_BAKE_")) and key not in _REDIRECTING
        }
        # A builder chosen for other projects may not load images into this engine.
        kept.pop("BUILDX_BUILDER", None)
        kept["DOCKER_HOST"] = self.url
        if self.certificates is not None:
            kept |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.certificates.folder)}
        return kept


@contextlib.contextmanager
def connect(engine: str | None, environ: Mapping[str, str]) -> Iterator[Connection]:
    """Resolve the address and hold a forwarded socket open for an engine behind ssh.

    Raises EngineAddressError, EngineUnreachable.
    """
    address, folder = _endpoint(engine, environ)
    shown = without_password(engine or ("local engine" if address == DEFAULT_SOCKET else address))
    scheme = address.partition("://")[0]
    if scheme == "unix":
        yield Connection(url=address, address=shown, local=True)
    elif scheme == "tcp":
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        if port.isdecimal() and int(port) > 65535:
            raise EngineAddressError(f"{shown} has no port: the highest is 65535", where="engine")
        yield Connection(
            url=address,
            address=shown,
            local=host in ("127.0.0.1", "localhost", "[::1]"),
            certificates=_certificates(folder) if folder is not None else None,
        )
    elif scheme == "ssh":
        with _forwarded(address, environ) as url:
            yield Connection(url=url, address=shown, local=False)
    else:
        raise EngineAddressError(
            f"{without_password(address)!r} is not an engine's address",
            where="engine",
            hint="write unix:///path, ssh://user@host, tcp://host:port or the name of a docker context",
        )


def usual_address(environ: Mapping[str, str]) -> str:
    """The engine's address where no manifest names one. Raises EngineAddressError."""
    return _endpoint(None, environ)[0]


def _endpoint(engine: str | None, environ: Mapping[str, str]) -> tuple[str, Path | None]:
    """An address, and the folder of the certificates for it where it is to be talked to by TLS."""
    store = client_folder(environ)
    address = engine if engine and "://" in engine else None if engine else environ.get("DOCKER_HOST")
    if not address:
        return _context(engine, store, environ)
    if environ.get("DOCKER_TLS_VERIFY"):
        return address, Path(environ.get("DOCKER_CERT_PATH") or store)
    return address, None


def _context(name: str | None, store: Path, environ: Mapping[str, str]) -> tuple[str, Path | None]:
    """The endpoint of a docker context, from the client's own store.

    The store keeps each context under the SHA-256 of its name (Docker CLI reference, `docker context`).
    """
    name = name or environ.get("DOCKER_CONTEXT") or None
    if name is None:
        try:
            name = json.loads((store / "config.json").read_text()).get("currentContext")
        except (OSError, ValueError):
            name = None
    if not name or name == "default":
        return DEFAULT_SOCKET, None
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = store / "contexts" / "meta" / digest / "meta.json"
    try:
        address = str(json.loads(meta.read_text())["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError) as error:
        raise EngineAddressError(
            f"there is no docker context {name!r}",
            where="engine",
            hint="`docker context ls` lists them; or write ssh://user@host",
        ) from error
    folder = store / "contexts" / "tls" / digest / "docker"
    return address, folder if folder.is_dir() else None


def _certificates(folder: Path) -> Certificates:
    """Raises EngineAddressError where they cannot be used."""
    found = Certificates(folder=folder)
    try:
        found.context()
    except OSError as error:
        raise EngineAddressError(
            f"the certificates for the engine cannot be used: {error.strerror or error}",
            where=str(found.authority),
            hint="DOCKER_CERT_PATH is the folder of ca.pem, and of cert.pem and key.pem",
        ) from error
    return found


def without_password(address: str) -> str:
    """What may be shown of an address that somebody wrote a password into."""
    return re.sub(r"(//[^/@:]*):[^/@]*@", r"\1:...@", address)


@contextlib.contextmanager
def _forwarded(address: str, environ: Mapping[str, str]) -> Iterator[str]:
    match = re.fullmatch(r"ssh://(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9._-]+)(?::(\d+))?(/.*)?", address)
    if match is None:
        raise EngineAddressError(
            f"{without_password(address)!r} is not of the form ssh://user@host:port", where="engine"
        )
    user, host, port, path = match.groups()
    import subprocess
    import tempfile

    from shipyard.engine.leash import on_leash

    with tempfile.TemporaryDirectory(prefix="shipyard-") as folder:
        local = Path(folder) / "engine.sock"
        command = ["ssh", "-nNT", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes"]
        command += ["-L", f"{local}:{path or '/var/run/docker.sock'}"]
        command += (["-p", port] if port else []) + ["--", f"{user}@{host}" if user else host]
        log = Path(folder) / "log"
        # Ctrl-C is for this process, which still has to say good-bye to the engine.
        with log.open("wb") as written:
            try:
                process = subprocess.Popen(
                    on_leash(command, environ),
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=written,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise EngineUnreachable(
                    "there is no ssh command here", where=address, hint="install OpenSSH's client"
                ) from error
        try:
            deadline = time.monotonic() + 20
            while not local.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text(errors="replace")
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
            process.wait()
