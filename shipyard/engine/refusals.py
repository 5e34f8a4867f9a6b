"""What to do about a registry that does not give or take an image, by what was said.

Source: the Docker reference, "Verify repository client with certificates" (certs.d) and "dockerd"
(insecure-registries).
"""

from __future__ import annotations

import re

_HUB = "docker.io"
_DENIED = re.compile(r"denied|unauthorized|authentication required|no basic auth|forbidden", re.IGNORECASE)


def registry_of(reference: str) -> str:
    """The host, with its port, of the registry that an image's name means: a first part with a dot or a
    colon, or localhost, is one (Docker reference, "Image names")."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else _HUB


def wants_login(said: str) -> bool:
    """By the words: the engine's own status for it is that of a failure of its own."""
    return _DENIED.search(said) is not None


def registry_hint(reference: str, said: str) -> str:
    """`said` is the engine's or the builder's own error."""
    host = registry_of(reference)
    if re.search(r"x509|certificate signed by unknown|tls: ", said):
        return (
            f"{host} has a certificate that the engine does not trust: put its authority into "
            f"/etc/docker/certs.d/{host}/ca.crt on the engine's machine"
        )
    if "gave HTTP response to HTTPS client" in said:
        return f'{host} speaks plain HTTP: daemon.json allows it by "insecure-registries": ["{host}"]'
    if re.search(r"no such host|server misbehaving|name resolution", said):
        return f"is {host} the registry's name? the engine's machine does not find it"
    if re.search(r"connection refused|i/o timeout|no route to host|unreachable", said):
        return f"is {host} the registry's name, and does it run? nothing answers the engine there"
    if wants_login(said):
        login = "docker login" if host == _HUB else f"docker login {host}"
        return f"`{login}` where it wants one, or another image: it does not say which are not there"
    if re.search(r"not found|manifest unknown|name unknown", said):
        return f"look for a slip in {reference}: {host} has no such image or tag"
    return f"check the image's name, the network of the engine's machine, and `docker login {host}`"
