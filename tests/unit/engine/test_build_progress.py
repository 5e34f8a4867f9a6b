"""What is shown of a build: its steps, and the output of the one that failed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shipyard.engine.build_progress import KEPT, BuildProgress, step_name

STEP = "[web deps 2/3] RUN   --mount=type=bind,target=/p --mount=type=cache,target=/c uv pip   install\n -r x"


def vertex(name: str = STEP, **more: Any) -> str:
    return json.dumps({"vertexes": [{"digest": "sha256:1", "name": name, **more}]})


def log(text: str) -> str:
    return json.dumps({"logs": [{"vertex": "sha256:1", "data": base64.b64encode(text.encode()).decode()}]})


TIMES = {"started": "2026-01-01T00:00:59.9Z", "completed": "2026-01-01T00:01:01.123456789Z"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (STEP, "web deps 2/3: uv pip install -r x"),
        ("[internal] load build definition from Dockerfile", ""),
        ("[web internal] load .dockerignore", ""),
        ("exporting to image", ""),
        (
            "[web base 1/1] FROM docker.io/library/python:3.13-slim",
            "web base 1/1: FROM docker.io/library/python:3.13-slim",
        ),
    ],
)
def test_the_name_of_a_step(name: str, shown: str) -> None:
    assert step_name(name) == shown
    assert len(step_name(f"[a] RUN {'x' * 200}")) <= 90


def test_a_step_that_was_done_is_shown_once() -> None:
    progress = BuildProgress()
    assert progress.read(vertex()) == []
    assert progress.read(log("much output\n")) == []
    assert progress.read(vertex(**TIMES)) == ["  web deps 2/3: uv pip install -r x (1.2 s)"]
    assert progress.read(vertex(**TIMES)) == []
    assert BuildProgress().read(vertex(**TIMES, cached=True)) == []
    assert progress.failed is None


def test_the_step_that_failed_is_kept_with_its_last_lines() -> None:
    progress = BuildProgress()
    progress.read(log("".join(f"line {number}\n\n" for number in range(100))))
    progress.read(
        json.dumps(
            {"vertexes": [{"digest": "sha256:2", "name": "[o 1/1] RUN x", "error": "context canceled"}]}
        )
    )
    assert progress.read(vertex(**TIMES, error="exit code: 1")) == []
    failed = progress.failed
    assert failed is not None
    assert failed.name == "web deps 2/3: uv pip install -r x"
    assert len(failed.output) == KEPT
    assert failed.output[-1] == "line 99"


def test_what_is_no_json_is_buildx_speaking() -> None:
    progress = BuildProgress()
    assert progress.read("ERROR: no builder\n") == []
    assert progress.read("\n") == []
    assert progress.other == ["ERROR: no builder"]
