"""Certificate authorities of a company, trusted by builds and by what runs beside the public ones.

Their text is part of the Dockerfile: no build context has to hold the file. The variables are those that
OpenSSL (SSL_CERT_FILE), and so Python, uv and pip, requests (REQUESTS_CA_BUNDLE) and Node
(NODE_EXTRA_CA_CERTS) read.
"""

from __future__ import annotations

import re

from shipyard.compile.dockerfile import BindMount, Comment, Copy, Env, From, Instruction, Run, Write
from shipyard.compile.system_layers import EPOCH
from shipyard.errors import ShipyardError
from shipyard.source import SourceError, SourceTree

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's file of all authorities that are trusted."""
ENVIRONMENT = (("SSL_CERT_FILE", BUNDLE), ("REQUESTS_CA_BUNDLE", BUNDLE))
_KEY = "ca_certificates"
_STAGE = "authorities"
_FILE = "/authorities.crt"
_CERTIFICATE = "(?s)-----BEGIN CERTIFICATE-----\r?\n.*?-----END CERTIFICATE-----"


class AuthorityError(ShipyardError):
    """A file that holds no certificates."""


def certificates_of(name: str, tree: SourceTree) -> tuple[str, ...]:
    """The lines of all certificates in a PEM file (RFC 7468), nothing else of it. Raises AuthorityError."""
    # Only where it is asked for: it loads OpenSSL.
    import ssl

    try:
        text = tree.text(name) or ""
    except SourceError:
        hint = f"`openssl x509 -inform der -in {name} -out ca.pem` makes one of what is binary"
        raise _none(name, "it is no text", hint) from None
    found = re.findall(_CERTIFICATE, text)
    if not found or len(found) < text.count("-----BEGIN CERTIFICATE"):
        raise _none(name, "one of them has no end" if "BEGIN CERTIFICATE" in text else "it holds none")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(found))
    except ValueError as error:
        raise _none(name, str(error)) from None
    except ssl.SSLError as error:
        raise _none(name, (error.reason or "it cannot be read").lower().replace("_", " ")) from None
    return tuple(line for one in found for line in one.splitlines())


def _none(name: str, why: str, hint: str = "") -> AuthorityError:
    anew = "take it anew from where it came: each one is whole, from BEGIN CERTIFICATE to END CERTIFICATE"
    return AuthorityError(f"{name} is no file of certificates: {why}", where=_KEY, hint=hint or anew)


def trusting_image(base: str, lines: tuple[str, ...]) -> str:
    """What every stage is made from in place of `base`."""
    return "trusting" if lines else base


def trusting_stages(base: str, lines: tuple[str, ...]) -> tuple[Instruction, ...]:
    """Stages `authorities` and `trusting`, where there are certificates."""
    if not lines:
        return ()
    return (
        Comment(text="Certificate authorities that are trusted beside the public ones."),
        From(image="scratch", name=_STAGE),
        Write(target=_FILE, lines=lines),
        From(image=base, name="trusting"),
        Env(values=ENVIRONMENT),
        Run(
            mounts=(BindMount(stage=_STAGE, source=_FILE, target=_FILE),),
            commands=(
                "mkdir -p /etc/ssl/certs",
                f"cat {_FILE} >> {BUNDLE}",
                f"touch -hcd @{EPOCH} {BUNDLE} /etc/ssl/certs /etc/ssl /etc",
            ),
        ),
    )


def trusting_node(lines: tuple[str, ...]) -> tuple[Instruction, ...]:
    """What a stage with Node needs, which brings authorities of its own."""
    if not lines:
        return ()
    return (Copy(stage=_STAGE, source=_FILE, target=_FILE), Env(values=(("NODE_EXTRA_CA_CERTS", _FILE),)))
