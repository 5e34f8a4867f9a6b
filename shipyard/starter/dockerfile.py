"""What a project's own Dockerfile knows and nothing else says: the Python version, and where the server
listens. The file itself stays unused.

The instructions are those of the Dockerfile reference; of a build in several stages the last one counts.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from shipyard.compile.listening import listening
from shipyard.model.record import Record
from shipyard.source import SourceTree

FILE = "Dockerfile"
_PYTHON = re.compile(r"(?:.*/)?python:(3\.\d+)(?:[.-].*)?")


class Told(Record):
    """A value, and the line that tells it, such as `Dockerfile:1 FROM python:3.9`."""

    value: str | int
    evidence: str


class _Instruction(Record):
    line: int
    name: str
    rest: str


def python_of(tree: SourceTree) -> Told | None:
    """The version of the official image that the last stage begins with."""
    bases: dict[str, _Instruction] = {}
    last: _Instruction | None = None
    for one in _instructions(tree.text(FILE) or ""):
        if one.name == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            last = bases.get(words[0].lower(), one) if words else None
            if last is not None and [word.upper() for word in words[1:2]] == ["AS"] and len(words) == 3:
                bases[words[2].lower()] = last
    words = [word for word in last.rest.split() if not word.startswith("--")] if last is not None else []
    found = _PYTHON.fullmatch(words[0]) if words else None
    if last is None or found is None:
        return None
    return Told(value=found[1], evidence=f"{FILE}:{last.line} FROM {words[0]}")


def port_of(tree: SourceTree) -> Told | None:
    """The port that its command listens on, else the only one that it exposes."""
    exposed: list[Told] = []
    command: _Instruction | None = None
    for one in _instructions(tree.text(FILE) or ""):
        if one.name == "FROM":
            exposed, command = [], None
        elif one.name == "EXPOSE":
            ports = (re.fullmatch(r"(\d+)(?:/tcp)?", word) for word in one.rest.split())
            exposed += [
                Told(value=int(port[1]), evidence=f"{FILE}:{one.line} EXPOSE") for port in ports if port
            ]
        elif one.name in ("CMD", "ENTRYPOINT"):
            command = one
    heard = listening(_words(command.rest)) if command is not None else None
    if command is not None and heard is not None:
        return Told(value=heard.port, evidence=f"{FILE}:{command.line} {command.name}")
    return exposed[0] if len(exposed) == 1 else None


def _words(text: str) -> tuple[str, ...]:
    """A command in exec form, or in that of a shell."""
    try:
        words = json.loads(text)
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return tuple(words)
    except ValueError:
        pass
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def _instructions(text: str) -> Iterator[_Instruction]:
    """Each with what follows its name, continued lines joined."""
    begun, joined = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#") or not stripped:
            continue
        begun = begun or number
        if stripped.endswith("\\"):
            joined += stripped[:-1] + " "
            continue
        name, _, rest = (joined + stripped).partition(" ")
        yield _Instruction(line=begun, name=name.upper(), rest=rest.strip())
        begun, joined = 0, ""
