"""Docker's SDK for one engine, and for nothing that the environment says of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipyard.engine.connect import Connection

if TYPE_CHECKING:
    from docker import APIClient


def api_client(connection: Connection) -> APIClient:
    """It asks for the engine's version at once. Raises docker.errors.DockerException."""
    import docker
    from docker.tls import TLSConfig

    class Client(docker.APIClient):
        # requests would take the authorities and the proxies of the environment before those given here.
        trust_env = property(lambda self: False, lambda self, value: None)

    found = connection.certificates
    tls = TLSConfig(client_cert=found.own, ca_cert=str(found.authority), verify=True) if found else False
    return Client(connection.url, version="auto", timeout=120, tls=tls)


def first_cause(error: Exception) -> Exception:
    """What the system said below an error of the SDK's, which wraps it in two more."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, (FileNotFoundError, ConnectionRefusedError, PermissionError, TimeoutError)):
            return found
        found = found.__cause__ or found.__context__
    return error
