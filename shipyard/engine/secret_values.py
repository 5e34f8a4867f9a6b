"""Where the values of secrets come from, and their keyed digests.

A value is looked up in the process environment, then in the git-ignored file .env.STAGE (.env for the
default stage), then asked of the manifest's provider. Values leave this module only to be digested, and at
apply to be delivered.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from shipyard.concealed import conceal
from shipyard.engine.secret_provider import provided, provider_name
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.record import Record
from shipyard.reconcile.passing import LONGEST_VALUE, TO_A_FILE, TOO_LONG
from shipyard.source.env_file import read_env_file

_RESERVED = frozenset("/?#[]@%: ")
"""What cannot stand for itself in the user and password of a URL (RFC 3986, section 3.2.1), or is mistaken
by what parses it."""


class SecretMissing(ShipyardError):
    """A service that is about to be started uses a secret that has no value here."""


class SecretValues(Record):
    """Values by name, and where each was found. Never printed: repr shows names only."""

    values: Mapping[str, str]
    sources: Mapping[str, str]
    looked_in: tuple[str, ...]

    @property
    def unencoded(self) -> frozenset[str]:
        """The names of values with characters that a URL wants percent-encoded."""
        return frozenset(name for name, value in self.values.items() if _RESERVED & set(value))

    def __repr__(self) -> str:
        return f"SecretValues({', '.join(sorted(self.values))})"


class FoundSecrets(Record):
    """What may be told of values where they are not: where each was found, None for one that was not,
    where it was looked for, and the names of those that break a URL they stand in."""

    sources: Mapping[str, str | None]
    looked_in: tuple[str, ...]
    unencoded: tuple[str, ...]


def env_file(root: Path, stage: str) -> Path:
    return root / (".env" if stage == "default" else f".env.{stage}")


def find_values(
    root: Path,
    stage: str,
    names: Iterable[str],
    environ: Mapping[str, str],
    provider: Sequence[str] = (),
) -> SecretValues:
    """Look each name up. A file that cannot be read is an error (see read_env_file), a missing one is not; a
    provider that does not answer is (see provided)."""
    path = env_file(root, stage)
    wanted = sorted(set(names))
    from_file: Mapping[str, str | None] = {}
    if not all(environ.get(name) for name in wanted):
        from_file = read_env_file(path)
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for name in wanted:
        if environ.get(name):
            values[name], sources[name] = environ[name], "environment"
        elif from_file.get(name):
            values[name], sources[name] = from_file[name] or "", path.name
    looked_in = ["the environment", path.name]
    if provider:
        store = provider_name(provider)
        looked_in.append(store)
        for name, value in provided(
            provider, [one for one in wanted if one not in values], stage, root
        ).items():
            values[name], sources[name] = value, store
    for name, value in values.items():
        if unfit := _unfit(value):
            raise ShipyardError(
                f"the value of {name} {unfit}",
                where=sources[name],
                hint="write it anew, in base64 if it is binary",
            )
    conceal(values.values())
    return SecretValues(values=values, sources=sources, looked_in=tuple(looked_in))


def _unfit(value: str) -> str:
    """Why no environment variable can hold it, "" where one can."""
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that Python carries along undecoded (PEP 383)
        return "is no UTF-8"
    return "holds a NUL, which no environment variable can" if "\0" in value else ""


def new_key() -> str:
    """32 random bytes, as hex."""
    # What the secrets module takes them from; that loads more than a plan has need of.
    return os.urandom(32).hex()


def keyed_digests(key: str, project: str, stage: str, values: Mapping[str, str]) -> dict[str, str]:
    """HMAC-SHA256 over project, stage, name and value, 32 hex digits: tells whether a value changed and
    nothing about the value without the key."""
    return {
        name: hmac.new(
            bytes.fromhex(key), "\0".join((project, stage, name, value)).encode(), hashlib.sha256
        ).hexdigest()[:32]
        for name, value in values.items()
    }


def secrets_in_urls(desired: Desired, services: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each secret that stands in the authority of a URL: its service, the variable, its name."""
    for service in services:
        for variable, template in desired.service(service).env.items():
            before = ""
            for part in template:
                if isinstance(part, str):
                    before += part
                    continue
                authority = before.partition("://")[2]
                if "://" in before and not set("/?#") & set(authority):
                    yield service, variable, part.name
                before += "x"


def unencoded_in_urls(
    desired: Desired, services: Iterable[str], unencoded: Collection[str]
) -> tuple[str, ...]:
    """Notes on values that break the URL they stand in: what reads it takes another host or password.
    `unencoded` are the names of secrets whose values would."""
    notes = [
        f"{service}: secret {name} has characters that the URL in env.{variable} wants "
        "percent-encoded: choose a value of letters and digits"
        for service, variable, name in secrets_in_urls(desired, services)
        if name in unencoded
    ]
    return tuple(dict.fromkeys(notes))


def of_stage(manifest: Manifest) -> str:
    """The option by which a command is about the same stage; "" for the one without a name."""
    stage = "" if manifest.stage == "default" else f" --stage {manifest.stage}"
    return stage + (f" --instance {manifest.instance}" if manifest.instance else "")


def require_values(desired: Desired, services: Iterable[str], values: SecretValues) -> None:
    """Raises SecretMissing for every secret without a value in services that will be started."""
    where, stage = " and ".join(values.looked_in), of_stage(desired.manifest)
    users: dict[str, list[str]] = {}
    for service in services:
        for name in sorted(desired.service(service).secrets):
            if name not in values.values:
                users.setdefault(name, []).append(service)
    errors: list[ShipyardError] = [
        SecretMissing(
            f"secret {name} of service {' and '.join(using)} has no value",
            where=", ".join(f"services.{service}" for service in using),
            details=(f"looked in {where}",),
            hint=f"`shipyard secret set {name}{stage}` writes it to {values.looked_in[1]} "
            "(`secret generate` makes up all that are missing), or set it in the environment",
        )
        for name, using in users.items()
    ]
    errors += _too_long(desired, services, values)
    if errors:
        raise ErrorGroup(tuple(errors))


def _too_long(desired: Desired, services: Iterable[str], values: SecretValues) -> Iterator[ShipyardError]:
    for service in services:
        for variable, template in desired.service(service).env.items():
            parts = [part if isinstance(part, str) else values.values.get(part.name, "") for part in template]
            if len("".join(parts).encode()) > LONGEST_VALUE:
                yield ShipyardError(
                    TOO_LONG.format(variable),
                    where=f"services.{service}.env.{variable}",
                    hint=TO_A_FILE,
                )
