"""Procfile: one process a line, `name: command`, the command as a shell would run it."""

from __future__ import annotations

import posixpath

from shipyard.manifest.errors import Invalid
from shipyard.manifest.values import command
from shipyard.model.record import Record
from shipyard.source import SourceTree

PROCFILE = "Procfile"


class Process(Record):
    """`text` as it is written, `command` in exec form."""

    name: str
    text: str
    command: tuple[str, ...]
    where: str

    @property
    def wants_port(self) -> bool:
        """Whether it takes its port from PORT: what serves does, or says so in its words."""
        return self.name == "web" or "$PORT" in self.text or "${PORT" in self.text


def processes(tree: SourceTree, folder: str) -> tuple[Process, ...]:
    """The processes of a folder's Procfile, in its order; lines that are none are left out."""
    text = tree.text(posixpath.join(folder, PROCFILE)) or ""
    found: dict[str, Process] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, separator, words = line.partition(":")
        name, words = name.strip(), words.strip()
        if not separator or not words or not name.replace("-", "").replace("_", "").isalnum():
            continue
        try:
            made = command(words)
        except Invalid:
            continue
        if made[:2] == ("/bin/sh", "-c") and not set(words) & set("|&;\n"):
            # The shell makes way for the program, so that signals reach it.
            made = ("/bin/sh", "-c", f"exec {words}" if "=" not in words.split()[0] else f"exec env {words}")
        found.setdefault(name, Process(name=name, text=words, command=made, where=f"{PROCFILE}:{number}"))
    return tuple(found.values())


def process(tree: SourceTree, folder: str, name: str) -> Process | None:
    return next((one for one in processes(tree, folder) if one.name == name), None)
