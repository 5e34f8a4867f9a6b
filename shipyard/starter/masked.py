"""Values of secrets out of everything that is written to the manifest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

Table = dict[str, Any]
_LEAST = 4
"""Characters: a shorter value stands in too many texts by chance."""


def masked(
    name: str, made: Table, secrets: Mapping[str, str | None], notes: list[str], words: Collection[str] = ()
) -> Table:
    """A service without a secret's value in it. In commands the value comes from the environment, by a shell;
    where a manifest cannot name a secret, the entry is left out, and said. `words` are names of other things:
    a password that is one of them (postgres, say) is looked for nowhere."""
    known = {
        value: secret
        for secret, value in secrets.items()
        if value and len(value) >= _LEAST and value not in words
    }
    clean = dict(made)
    for key in ("command", "entrypoint"):
        if _holds(clean.get(key), known):
            clean[key] = _by_shell(clean[key], known, clean)
    health = clean.get("health")
    if isinstance(health, Mapping) and _holds(health.get("command"), known):
        clean["health"] = {**health, "command": _by_shell(health["command"], known, clean)}
    clean["env"] = {key: _referring(text, known) for key, text in clean.get("env", {}).items()}
    for key, value in list(clean.items()):
        if key == "secrets" or not _holds(value, known):
            continue
        notes.append(f"{name}: {key} holds the value of a secret, and is left out in part: look at it")
        clean[key] = _without(value, known)
    return {key: value for key, value in clean.items() if value not in ({}, [])}


def _holds(value: object, known: Mapping[str, str]) -> bool:
    return any(re.search(_alone(one), text) for one in known for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)


def _alone(value: str) -> str:
    """A pattern for it where it is no part of a longer word."""
    return rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"


def _referring(text: str, known: Mapping[str, str]) -> str:
    for value, secret in known.items():
        text = f"${{secret:{secret}}}".join(re.split(_alone(value), text))
    return text


def _by_shell(words: list[str], known: Mapping[str, str], made: Table) -> list[str]:
    """The same command with variables for the values; they are delivered with the service's secrets."""
    if words[:2] == ["sh", "-c"] and len(words) == 3:
        script = words[2]
        for value, secret in known.items():
            if re.search(_alone(value), script):
                script = f"${{{_variable(secret, made)}}}".join(re.split(_alone(value), script))
        return ["sh", "-c", script]
    return ["sh", "-c", " ".join(["exec", *(_word(one, known, made) for one in words)])]


def _word(word: str, known: Mapping[str, str], made: Table) -> str:
    for value, secret in known.items():
        if re.search(_alone(value), word):
            variable = f'"${{{_variable(secret, made)}}}"'
            return variable.join(shlex.quote(part) if part else "" for part in re.split(_alone(value), word))
    return shlex.quote(word)


def _variable(secret: str, made: Table) -> str:
    """The environment variable that has a secret in this service."""
    secrets = made.get("secrets") or []
    table: Table = {key: {} for key in secrets} if isinstance(secrets, list) else dict(secrets)
    for variable, settings in table.items():
        if settings.get("from", variable) == secret and settings.get("as") != "file":
            return str(variable)
    table[secret] = {}
    made["secrets"] = table if any(table.values()) else list(table)
    return secret


def _without(value: object, known: Mapping[str, str]) -> object:
    if isinstance(value, Mapping):
        return {key: one for key, one in value.items() if not _holds(one, known)}
    return [one for one in value if not _holds(one, known)] if isinstance(value, list) else ""
