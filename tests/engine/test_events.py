"""What `apply --format json` says while it works on a real engine, and the annotations of its failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from project import Project

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/events.schema.json").read_bytes())

MANIFEST = """
[services.cache]
image = "redis:7"
before_deploy = ["sh", "-c", "echo hello; exit 0"]
"""


def events(text: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in text.splitlines()]
    for document in told:
        Draft202012Validator(SCHEMA).validate(document)
    return told


def test_a_program_reads_what_apply_does(project: Project) -> None:
    project.manifest(MANIFEST)
    planned = project.changes()
    told = events(project.apply("--format", "json").stdout)
    assert [one["id"] for one in told if one["event"] == "started"] == planned
    assert [one["id"] for one in told if one["event"] == "ended"] == planned
    assert [one["text"] for one in told if one["event"] == "output"] == ["hello"]
    assert (told[-1]["event"], told[-1]["exit_code"], told[-1]["done"]) == ("finished", 0, planned)
    (last,) = events(project.apply("--format", "json").stdout)
    assert (last["event"], last["exit_code"], last["done"]) == ("finished", 0, [])


def test_a_program_reads_what_failed(project: Project) -> None:
    project.manifest(MANIFEST.replace("exit 0", "exit 3"))
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(project.root.parent)}
    done = project.apply("--format", "json", env=actions, code=6)
    *_, failed, last = events(done.stdout)
    assert (failed["event"], failed["id"]) == ("failed", "job.cache/run")
    assert (last["exit_code"], last["failed"]) == (6, "job.cache/run")
    assert last["not_done"] == ["service.cache/create"]
    assert [error["where"] for error in last["errors"]] == ["job.cache"]
    (annotation,) = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert annotation.startswith(
        f"::error file={project.name}/shipyard.toml,line=5,title=Shipyard%3A job.cache::"
    )
