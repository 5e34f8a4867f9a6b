"""A company's certificate authorities: where they go, and what is refused."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import FASTAPI

from shipyard.compile.authorities import AuthorityError, certificates_of
from shipyard.source import SourceTree

Compile = Callable[..., Any]
TOP = 'ca_certificates = "certs/company.pem"'


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One that signs itself."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Company"]
    words += ["-keyout", "/dev/null", "-out", str(path)]
    subprocess.run(words, check=True, capture_output=True)
    return path.read_text()


def test_every_stage_is_made_from_what_trusts_them(compiled: Compile, certificate: str) -> None:
    files = {**FASTAPI, "certs/company.pem": f"Company\n{certificate}\n{certificate}"}
    detected, plan = compiled(files, top=TOP)
    text = plan.dockerfile
    lines = text.splitlines()
    assert text.count(certificate) == 2
    assert "Company\n" not in text
    (told,) = (one for one in detected.decisions if one.subject == "ca_certificates")
    assert told.evidence.startswith("2 of them")
    assert [line for line in lines if line.startswith("FROM python:")] == [
        "FROM python:3.13-slim AS trusting"
    ]
    assert {"FROM trusting AS base", "FROM trusting AS bare", "FROM bare AS user", "FROM bare"} <= set(lines)
    assert "    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt" in lines


def test_an_image_without_a_shell_is_told_where_they_are(compiled: Compile, certificate: str) -> None:
    files = {**FASTAPI, "certs/company.pem": certificate}
    final = compiled(files, 'build = { base = "distroless" }', top=TOP)[1].dockerfile.partition(
        "FROM scratch\nENV"
    )
    assert "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt" in final[2]
    assert final[2].count("SSL_CERT_FILE=") == 1


def test_node_has_a_list_of_its_own(compiled: Compile, certificate: str) -> None:
    package = '{"scripts": {"build": "node build.js"}, "private": true}'
    files = {**FASTAPI, "certs/company.pem": certificate, "package.json": package}
    text = compiled(files, top=TOP)[1].dockerfile
    node = text[text.index("FROM --platform=$BUILDPLATFORM node:") :].partition("FROM node AS")[0]
    assert (
        "COPY --from=authorities /authorities.crt /authorities.crt\nENV NODE_EXTRA_CA_CERTS=/authorities.crt"
        in node
    )


def test_the_image_is_another_one_when_they_change(compiled: Compile, certificate: str) -> None:
    files = {**FASTAPI, "certs/company.pem": certificate}
    without, first = compiled(files)[1], compiled(files, top=TOP)[1]
    twice = compiled({**files, "certs/company.pem": certificate * 2}, top=TOP)[1]
    assert len({without.tag, first.tag, twice.tag}) == 3
    assert "ca_certificates" not in without.facts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds none"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n", "it holds none"),
        ("-----BEGIN CERTIFICATE-----\nabc=\n", "one of them has no end"),
        ("-----BEGIN CERTIFICATE-----\nabc=\n-----END CERTIFICATE-----\n", "certs/company.pem is no file of"),
    ],
)
def test_a_file_of_something_else(refused: Callable[..., str], text: str, said: str) -> None:
    told = refused({**FASTAPI, "certs/company.pem": text}, top=TOP)
    assert said in told


def test_a_binary_one(certificate: str, tmp_path: Path) -> None:
    (tmp_path / "company.der").write_bytes(ssl.PEM_cert_to_DER_cert(certificate))
    with pytest.raises(AuthorityError, match="it is no text") as caught:
        certificates_of("company.der", SourceTree(tmp_path))
    assert "openssl x509 -inform der -in company.der" in str(caught.value)


def test_a_file_that_is_not_there(refused: Callable[..., str]) -> None:
    assert "there is no file 'certs/company.pem'" in refused(FASTAPI, top=TOP)
