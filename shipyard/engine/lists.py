"""The engine's lists, asked for while the command line loads and the manifest is read.

They need nothing but the engine's address, which is nearly always known before the manifest is. Where that
names another engine they are asked again, there. Reads only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from shipyard.engine.connect import EngineAddressError, usual_address
from shipyard.engine.http import EngineReader, EngineUnreachable

LISTS = ("/info", "/containers/json?all=1", "/networks", "/volumes")
COMMANDS = ("plan", "status")
"""Whose first question to the engine is for its lists, and that write nothing on it."""
_WITHOUT = ("--offline", "--observed", "--help", "-h")

_asked: list[_Asked] = []


class _Asked:
    def __init__(self, url: str) -> None:
        self.url = url
        self.reader = EngineReader(url)
        self.answers: list[Any] | None = None
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self) -> None:
        try:
            self.answers = self.reader.get_all(LISTS)
        except EngineUnreachable:
            # Told when it is asked again, by who has somebody to tell it to.
            self.answers = None


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


def lists_of(url: str) -> tuple[EngineReader, list[Any]]:
    """A reader, and the engine's answers for LISTS, those asked ahead where there are such; each is handed
    out once. Raises EngineUnreachable."""
    while _asked:
        ahead = _asked.pop()
        ahead.thread.join()
        if ahead.url == url and ahead.answers is not None:
            return ahead.reader, ahead.answers
        ahead.reader.close()
    reader = EngineReader(url)
    return reader, reader.get_all(LISTS)
