"""Values of a Compose file in the manifest's own form: variables, and what is a secret.

Compose interpolates `$NAME`, `${NAME}` and `${NAME:-default}`, and writes a dollar sign twice (Compose file
reference, "Interpolation").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from shipyard.model.record import Draft, field

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<how>:?[-?+])?(?P<rest>[^{}]*)\})"
)
_SECRET = re.compile(
    r"(?:.*_)?(?:PASS(?:WORD|WD)?|SECRET|TOKEN|CREDENTIALS?|(?:API|SECRET|PRIVATE)_?KEY)(?:_.*)?"
)
_NOT_SECRET = re.compile(r".*_(?:FILE|URL|URI|HOST|PATH|TTL|AGE|EXPIRY|LENGTH)")
_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^/?#@\s:]*:)(?P<word>[^@/\s]+)(?P<after>@)")


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds what must not be seen."""
    return bool(_SECRET.fullmatch(name.upper())) and not _NOT_SECRET.fullmatch(name.upper())


class Values(Draft):
    """Turns texts into templates. `known` are variables that Compose would find beside its file; `secrets`
    collects values by name, None where nobody has said one; `notes` what else people should know."""

    known: Mapping[str, str]
    secrets: dict[str, str | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def template(self, key: str, text: str) -> str:
        """A value for `env`, with `${secret:...}` and `${env:...}` in it."""
        whole, made, literal, end = self._with_password(key, text), "", "", 0
        for found in _REFERENCE.finditer(whole):
            literal += whole[end : found.start()]
            end = found.end()
            meant = self._reference(found)
            if meant is None:
                literal += self._found(found) or ""
            else:
                made += literal.replace("${", "$${") + meant
                literal = ""
        return made + (literal + whole[end:]).replace("${", "$${")

    def literal(self, text: str) -> str:
        """A value where no variable may stand: with what is known of them, or their defaults."""
        for found in _REFERENCE.finditer(text):
            name = found["bare"] or found["name"]
            if name and is_secret(name):
                self.secret(name, self._found(found) or None)
        return _REFERENCE.sub(lambda found: self._found(found) or "", text)

    def secret(self, name: str, value: str | None) -> str:
        """The name under which a value is kept: another value of the same name gets a name of its own."""
        there = next((key for key, kept in self.secrets.items() if value and kept == value), None)
        if there is not None:
            return there
        free = name
        while self.secrets.get(free) not in (None, value):
            free += "_2"
        self.secrets[free] = value
        return free

    def secret_of(self, key: str, text: str) -> str | None:
        """The name of the secret that is all there is to a value; None when it is something else."""
        found = _REFERENCE.fullmatch(text)
        if found is not None and not found["dollar"]:
            name = found["bare"] or found["name"]
            if is_secret(key) or is_secret(name):
                return self.secret(name, self._found(found) or None)
        elif is_secret(key) and text and not _REFERENCE.search(text):
            return self.secret(key, text)
        return None

    def _with_password(self, key: str, text: str) -> str:
        """A password that stands in a URL as it is becomes a reference to a variable of its own."""
        found = _PASSWORD.search(text)
        if found is None or "$" in found["word"]:
            return text
        name = self.secret(f"{key.upper()}_PASSWORD", unquote(found["word"]))
        return f"{text[: found.start()]}{found['before']}${{{name}}}{text[found.end('word') :]}"

    def _reference(self, found: re.Match[str]) -> str | None:
        """A reference in the manifest's form; None where its value is known and no secret."""
        if found["dollar"]:
            return None
        name = found["bare"] or found["name"]
        if is_secret(name) or name in self.secrets:
            value = self._found(found) or self.secrets.get(name)
            return f"${{secret:{self.secret(name, value)}}}"
        return f"${{env:{name}}}" if self._found(found) is None else None

    def _found(self, found: re.Match[str]) -> str | None:
        """What a reference means; None when nothing says."""
        if found["dollar"]:
            return "$"
        name, how = found["bare"] or found["name"], (found["how"] or "")[-1:]
        value = self.known.get(name)
        if how == "+":
            return found["rest"] if value else ""
        if value is None and how == "-":
            self.notes.append(f"${{{name}}} has a default in the Compose file, which is what was taken")
            return found["rest"]
        return value


def scalar(value: object) -> str:
    """A scalar of YAML as Compose hands it on."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def table(value: object, separators: str = "=") -> dict[str, Any]:
    """A table, also where Compose keeps a list of `KEY=VALUE`."""
    if isinstance(value, Mapping):
        return dict(value)
    found: dict[str, Any] = {}
    for one in value if isinstance(value, list) else ():
        at = next((index for index, letter in enumerate(str(one)) if letter in separators), None)
        found[str(one)[:at]] = None if at is None else str(one)[at + 1 :]
    return found
