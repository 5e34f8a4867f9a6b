"""The engine's lists, asked for while the command line loads and the manifest is read, and then an inspect of
each container of the deployment while the rest loads.

The lists need nothing but the engine's address, which is nearly always known before the manifest is. Where
that names another engine they are asked again, there. Reads only.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from shipyard.compile import labels
from shipyard.engine.connect import Connection, EngineAddressError, usual_address
from shipyard.engine.http import EngineReader, EngineUnreachable
from shipyard.engine.listeners import Listeners, listeners

CONTAINERS = "/containers/json?all=1"
LISTS = ("/info", CONTAINERS, "/networks", "/volumes")
COMMANDS = ("plan", "status")
"""Whose first question to the engine is for its lists, and that write nothing on it."""
_WITHOUT = ("--offline", "--observed", "--help", "-h")

_asked: list[_Asked] = []


class _Asked:
    def __init__(self, url: str) -> None:
        self.url = url
        self.reader = EngineReader(url)
        self.answers: list[Any] | None = None
        self.listening = Listeners()
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self) -> None:
        try:
            self.answers = self.reader.get_all(LISTS)
        except EngineUnreachable:
            # Told when it is asked again, by who has somebody to tell it to.
            self.answers = None
        else:
            self.listening = listeners()

    def inspect(self, ownership: Mapping[str, str]) -> None:
        """Go on with the containers of a deployment once the lists are there."""
        lists = self.thread
        self.thread = threading.Thread(target=self._inspect, args=(lists, ownership), daemon=True)
        self.thread.start()

    def _inspect(self, lists: threading.Thread, ownership: Mapping[str, str]) -> None:
        lists.join()
        listed = self.answers[LISTS.index(CONTAINERS)] if self.answers else None
        if isinstance(listed, list):
            paths = [inspect_path(item) for item in owned_of(listed, ownership)]
            with contextlib.suppress(EngineUnreachable):
                self.reader.ahead.update(zip(paths, self.reader.get_all(paths), strict=True))

    def ask(self, path: str) -> None:
        """Ask for this too, while the rest is being answered."""
        reader = EngineReader(self.url)
        with contextlib.suppress(EngineUnreachable):
            self.reader.ahead[path] = reader.get_all([path])[0]
        reader.close()


def owned_of(listed: Sequence[Any], ownership: Mapping[str, str]) -> list[Any]:
    """Of the engine's list, the containers of a deployment; its lock is none of them."""
    found = [(item, item.get("Labels") or {}) for item in listed]
    return [
        item
        for item, given in found
        if labels.owned(given, ownership) and given.get(labels.ROLE) != labels.LEASE_ROLE
    ]


def inspect_path(item: Mapping[str, Any]) -> str:
    return f"/containers/{item['Id']}/json"


def ask_ahead(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Ask now what this command line will want to know, of an engine on a local socket alone."""
    if not set(arguments[:1]) & set(COMMANDS) or any(word.startswith(_WITHOUT) for word in arguments):
        return
    try:
        address = usual_address(environ)
    except EngineAddressError:
        return
    if address.startswith("unix://"):
        _asked.append(_Asked(address))


def inspect_ahead(ownership: Mapping[str, str]) -> None:
    """Ask now for the containers of this deployment, where its engine's lists are asked for."""
    for asked in _asked:
        asked.inspect(ownership)


def lists_of(
    connection: Connection, next_path: str | None = None
) -> tuple[EngineReader, list[Any], Listeners]:
    """A reader, the engine's answers for LISTS, and what listens where it runs if that is this machine: those
    asked ahead where there are such; each is handed out once. `next_path` is what the reader will be asked
    for, and is asked for while what was asked ahead is not there. Raises EngineUnreachable."""
    while _asked:
        ahead = _asked.pop()
        if ahead.url != connection.url:
            # Of another engine, which may take its time: nobody waits for it.
            continue
        if next_path and ahead.thread.is_alive():
            ahead.ask(next_path)
        ahead.thread.join()
        if ahead.answers is not None:
            return ahead.reader, ahead.answers, ahead.listening if connection.local else Listeners()
        ahead.reader.close()
    reader = connection.reader()
    return reader, reader.get_all(LISTS), listeners() if connection.local else Listeners()
