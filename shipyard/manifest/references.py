"""Names that other systems give rules for: images, registries, secrets, our own names. All raise Invalid."""

from __future__ import annotations

import re

from shipyard.manifest.errors import Invalid
from shipyard.manifest.values import line

# The grammar of image references: distribution/reference. A host is what has a dot, a port, or is localhost.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_IMAGE = rf"(?:{_HOST}/)?{_PATH}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
_REGISTRY = rf"{_HOST}(?:/{_PATH})?"
_NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
_ENGINE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}"
# What stands before an @ may be a password: neither error repeats it.
_LOG_IN = "remove them, and log in with `docker login`"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"


def image(value: object) -> str:
    text = line(value)
    if re.match(r"[^/]*@[^/]*/", text):
        raise Invalid("an image is named without user and password", _LOG_IN)
    if not re.fullmatch(_IMAGE, text) or len(text) > 255 + 128 + 72:
        lower = text.lower()
        if lower != text and re.fullmatch(_IMAGE, lower):
            raise Invalid(f"{text!r} is no image reference: names are lower-case", f'did you mean "{lower}"?')
        raise Invalid(f"{text!r} is no image reference", 'write it as in "postgres:17"')
    return text


def registry(value: object) -> str:
    text = line(value)
    if "@" in text:
        raise Invalid("a registry is written without user and password", _LOG_IN)
    scheme, separator, rest = text.partition("://")
    if separator:
        raise Invalid(f"a registry is written without {scheme}://", f'write "{rest.rstrip("/")}"')
    if not re.fullmatch(_REGISTRY, text):
        trimmed = text.rstrip("/")
        hint = (
            trimmed if trimmed != text and re.fullmatch(_REGISTRY, trimmed) else "registry.example.com/acme"
        )
        raise Invalid(f"{text!r} is no registry", f'write it as in "{hint}"')
    return text


def name(value: object) -> str:
    """A name of our own: of a service, volume, network, stage or instance."""
    text = line(value)
    if not re.fullmatch(_NAME, text):
        raise Invalid(
            f"{text!r} is no name", "lower-case letters, digits, - and _; first a letter or digit; at most 63"
        )
    return text


def engine_name(value: object) -> str:
    """A name on the engine, of a network or volume."""
    text = line(value)
    if not re.fullmatch(_ENGINE_NAME, text):
        raise Invalid(
            f"{text!r} is no name on an engine", "letters, digits, -, _ and .; first a letter or digit"
        )
    return text


def secret(value: object) -> str:
    text = line(value)
    if not re.fullmatch(_VARIABLE, text):
        raise Invalid(f"{text!r} is no name of a secret", "letters, digits and _; not first a digit")
    return text


def subnet(value: object) -> str:
    import ipaddress

    text = line(value)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Invalid(f"{text!r} is no subnet", 'write it as in "10.20.0.0/24"') from None
    if "/" not in text or str(network) != text:
        raise Invalid(f"{text!r} is no subnet's own address", f'did you mean "{network}"?')
    return text
