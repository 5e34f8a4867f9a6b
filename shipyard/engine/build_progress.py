"""What Buildx says of a build, made short: a line for each step that was done, and the output of the one that
failed. The form is BuildKit's SolveStatus, one JSON document a line (`--progress=rawjson`)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shipyard.model.record import Draft, Record, field

KEPT = 25
"""Lines of the failed step's output that are told."""
_WIDTH = 90
_STEP = re.compile(r"\[(?P<place>[^\]]+)\] (?P<what>.*)", re.DOTALL)
_MOUNTS = re.compile(r"(?:--\w+=\S+ )+")


class FailedStep(Record):
    """`name` such as `web deps 2/3: uv pip install ...`; `output` its last lines, `error` BuildKit's word."""

    name: str
    output: tuple[str, ...]
    error: str


class BuildProgress(Draft):
    """Reads the lines as they come; `code` is the exit code in the end."""

    output: dict[str, list[str]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    failed: FailedStep | None = None
    other: list[str] = field(default_factory=list)
    code: int = 0

    def read(self, line: str) -> list[str]:
        """What is to be shown of one line."""
        try:
            status = json.loads(line)
        except ValueError:
            # What Buildx says beside the build: its own errors.
            self.other += [line.rstrip()] if line.strip() else []
            return []
        for log in status.get("logs") or ():
            text = base64.b64decode(log.get("data") or "").decode("utf-8", "replace")
            self.output.setdefault(log["vertex"], []).extend(text.splitlines())
        shown = []
        for vertex in status.get("vertexes") or ():
            shown += self._vertex(vertex)
        return shown

    def _vertex(self, vertex: Mapping[str, Any]) -> list[str]:
        digest, name = vertex["digest"], step_name(vertex.get("name", ""))
        if vertex.get("error") and "canceled" not in vertex["error"] and self.failed is None:
            lines = [line for line in self.output.get(digest, ()) if line.strip()]
            self.failed = FailedStep(
                name=name or vertex.get("name", ""), output=tuple(lines[-KEPT:]), error=vertex["error"]
            )
        done = vertex.get("completed") and not vertex.get("cached") and not vertex.get("error")
        if not name or not done or digest in self.told:
            return []
        self.told.add(digest)
        return [f"  {name} ({_seconds(vertex):.1f} s)"]


def step_name(name: str) -> str:
    """A step for people, on one line; "" for what is BuildKit's own business."""
    found = _STEP.fullmatch(name)
    if found is None or "internal" in found["place"].split():
        return ""
    what = " ".join(found["what"].split()).removeprefix("RUN ")
    text = f"{found['place']}: {_MOUNTS.sub('', what, count=1)}"
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _seconds(vertex: Mapping[str, Any]) -> float:
    try:
        return _moment(vertex["completed"]) - _moment(vertex["started"])
    except (KeyError, ValueError):
        return 0.0


def _moment(text: str) -> float:
    """Go writes nanoseconds, which Python does not read."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).timestamp() + float(f"0.{fraction or 0}")
