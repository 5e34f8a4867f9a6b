"""Errors as a CI's own annotations: GitHub Actions shows `::error file=...` lines at the file's line.

GitLab has no such lines: there the plain text, which names file and line, has to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from shipyard.errors import ShipyardError
from shipyard.manifest.errors import parts_of
from shipyard.model.origin import Path
from shipyard.model.plan import Problem
from shipyard.model.record import Record
from shipyard.render.printable import printable

_IN_FILE = re.compile(r"(?P<file>[^:\s][^:\n]*):(?P<line>[1-9][0-9]*)(?:: (?P<what>.*))?")
_SECTIONS = {
    "service": "services",
    "image": "services",
    "job": "services",
    "secret": "services",
    "network": "networks",
    "volume": "volumes",
}


class Annotation(Record):
    """What is said at a place of a file. `file` is relative to the project's folder; `what` names the
    value there, such as services.web.port."""

    file: str
    line: int | None
    what: str
    message: str


Line = Callable[[Path], int | None]
"""The line of a place in the manifest."""


def error_annotations(error: ShipyardError, manifest: str, line: Line) -> Iterator[Annotation]:
    """One for each error that has a place. `manifest` is the manifest's name; `line` finds a place in it
    that is told without a line (`services.web.publish`, or the address `service.web`)."""
    for one in error.each():
        where = one.where or ""
        message = "\n".join([one.title, *one.details, *([f"-> {one.hint}"] if one.hint else [])])
        if found := _IN_FILE.fullmatch(where):
            what = found["what"] or ""
            yield Annotation(file=found["file"], line=int(found["line"]), what=what, message=message)
        elif place := parts_of(where):
            yield Annotation(file=manifest, line=line(place), what=where, message=message)
        elif where.partition(".")[0] in _SECTIONS:
            yield Annotation(file=manifest, line=line(_of_address(where)), what=where, message=message)


def problem_annotations(problems: Iterable[Problem], manifest: str, line: Line) -> Iterator[Annotation]:
    """One for each problem of a plan, at the service, network or volume that it is about."""
    for problem in problems:
        yield Annotation(
            file=manifest,
            line=line(_of_address(problem.address)),
            what=problem.address,
            message=f"{problem.title}\n-> {problem.hint}",
        )


def github_line(annotation: Annotation, folder: str) -> str:
    """The line that GitHub Actions reads. `folder` is the project's, seen from the repository; "" for the
    repository itself. The escapes are those of Actions' own toolkit (@actions/core, command.ts)."""
    properties = {"file": f"{folder}/{annotation.file}" if folder else annotation.file}
    if annotation.line is not None:
        properties["line"] = str(annotation.line)
    properties["title"] = f"Shipyard: {annotation.what}" if annotation.what else "Shipyard"
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {told}::{_data(annotation.message)}"


def _data(text: str) -> str:
    shown = re.sub(r"[^\r\n]+", lambda match: printable(match[0]), text)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _of_address(address: str) -> Path:
    kind, _, name = address.partition(".")
    place = _SECTIONS.get(kind, kind), name
    return (*place, "before_deploy") if kind == "job" else place
