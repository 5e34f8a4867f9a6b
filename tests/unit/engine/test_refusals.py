"""What is advised about a registry, by what the engine said."""

from __future__ import annotations

import pytest

from shipyard.engine.refusals import registry_hint, registry_of


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        ("redis:7", "docker.io"),
        ("acme/shop:1", "docker.io"),
        ("localhost/shop", "localhost"),
        ("registry.example.com/acme/shop@sha256:0", "registry.example.com"),
        ("127.0.0.1:5000/shop", "127.0.0.1:5000"),
    ],
)
def test_the_registry_of_a_name(reference: str, host: str) -> None:
    assert registry_of(reference) == host


@pytest.mark.parametrize(
    ("said", "advised"),
    [
        (
            "failed to verify certificate: x509: certificate signed by unknown authority",
            "/etc/docker/certs.d/r.example.com/ca.crt",
        ),
        ("http: server gave HTTP response to HTTPS client", '"insecure-registries": ["r.example.com"]'),
        ("dial tcp: lookup r.example.com: no such host", "is r.example.com the registry's name?"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "and does it run?"),
        ("pull access denied, repository does not exist", "`docker login r.example.com`"),
        ("manifest unknown: manifest unknown", "a slip in r.example.com/shop:1"),
        ("something else", "`docker login r.example.com`"),
    ],
)
def test_advice(said: str, advised: str) -> None:
    assert advised in registry_hint("r.example.com/shop:1", said)
