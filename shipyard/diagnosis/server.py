"""Why a server that runs does not answer as it is asked: where it listens, and what it says to its check."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipyard.compile.checks import probe_words
from shipyard.compile.listening import LOOPBACK
from shipyard.diagnosis.findings import Finding, Symptoms

_ALONE = (*LOOPBACK, "::1")
_HEARD = r"[Rr]unning on|Listening at:?|[Ll]istening on(?: TCP address)?:?|development server at|Goin' Fast @"


def server_findings(seen: Symptoms) -> Iterator[Finding]:
    for rule in (_host_refused, _redirected, _wrong_path, _loopback, _other_port):
        yield from rule(seen)


def misheard(symptoms: Symptoms) -> tuple[Finding, ...]:
    """What is wrong with a server that is healthy: its check asks it inside its container."""
    return tuple(dict.fromkeys((*_loopback(symptoms), *_other_port(symptoms))))


def _loopback(seen: Symptoms) -> Iterator[Finding]:
    for host, port in _heard(seen):
        if host in _ALONE:
            yield Finding(
                cause=f"it listens on {host}:{port}, inside its container alone",
                hint=f"make it listen on 0.0.0.0 (--host 0.0.0.0, --bind 0.0.0.0:{port})",
            )


def _other_port(seen: Symptoms) -> Iterator[Finding]:
    for host, port in _heard(seen):
        if seen.spec.port is not None and port != seen.spec.port and host not in _ALONE:
            yield Finding(
                cause=f"it listens on port {port}, and is asked on {seen.spec.port}",
                hint=f"say port = {port} in [{seen.key}], or make it listen on {seen.spec.port}",
            )


def _heard(seen: Symptoms) -> list[tuple[str, int]]:
    """(host, port) where servers listen that nobody hears at the service's port; by what they say where the
    machine does not tell."""
    if seen.heard is not None:
        port = seen.spec.port
        if port is None or any(number == port and host not in _ALONE for host, number in seen.heard):
            return []
        return [one for one in seen.heard if one[1] == port] or list(seen.heard)
    said = re.findall(rf"(?:{_HEARD}) (?:https?://)?(\[::\]|[\w.]+):(\d+)", "\n".join(seen.log))
    return list(dict.fromkeys((host, int(port)) for host, port in said))


def _host_refused(seen: Symptoms) -> Iterator[Finding]:
    found = re.search(r"Invalid HTTP_HOST header: '([^']+)'", seen.text)
    if found or "DisallowedHost" in seen.text or "HTTP 400" in seen.probe:
        asked = re.search(r"Host: ([^)]+)\)", seen.probe)
        host = found[1] if found else (asked[1] if asked else "localhost")
        cause = f"Django's ALLOWED_HOSTS does not hold {host}, by which it was asked"
        hint = f'add "{host.rpartition(":")[0] or host}" to ALLOWED_HOSTS'
        if not found and "DisallowedHost" not in seen.text:
            # With DEBUG off it says so nowhere.
            cause = f"it answers 400 to its check, as Django does where ALLOWED_HOSTS does not hold {host}"
            hint = f"where that is so, {hint}; else see why that page refuses"
        yield Finding(cause=cause, hint=hint)


def _redirected(seen: Symptoms) -> Iterator[Finding]:
    if re.search(r"(?:to|Location:?) https://", seen.probe):
        yield Finding(
            cause="its health check is sent on to https, where nothing answers in the container",
            hint="leave the page of the check out of it, as Django's SECURE_REDIRECT_EXEMPT does",
        )


def _wrong_path(seen: Symptoms) -> Iterator[Finding]:
    # By our own probe, which tells the page, by Python's urllib, by curl and by wget.
    found = re.search(r"(?:HTTP|HTTP Error|returned error:(?: HTTP/[\d.]+)?) (401|403|404)\b", seen.verdict)
    told = f"{seen.verdict} {probe_words(seen.spec.check.command) or ''}" if seen.spec.check else seen.verdict
    asked = re.search(r" on (/\S*) |GET http://[^/]+(/\S*)", told)
    if found and asked:
        words = {"401": "asks for a login", "403": "refuses it", "404": "knows no such page"}
        yield Finding(
            cause=f"its health check asks for {asked[1] or asked[2]}, and the application "
            f"{words[found[1]]} ({found[1]})",
            hint=f'say another page that answers anybody: health = "/..." in [{seen.key}]',
        )
