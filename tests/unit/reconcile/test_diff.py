"""Differences of documents by field path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shipyard.compile.inputs import shortened
from shipyard.model.plan import FieldCause, FilesCause
from shipyard.reconcile.diff import document_causes, inputs_causes, same_document


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{one.path}: {one.before} -> {one.after}" for one in document_causes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ({}, {}, []),
        ({"format": 1, "image": "a"}, {"format": 2, "image": "b"}, []),
        ({"user": "1"}, {"user": "2"}, ["user: 1 -> 2"]),
        ({"user": "1"}, {}, ["user: 1 -> None"]),
        ({"tmpfs": ["/a", "/b"]}, {"tmpfs": ["/b", "/a"]}, ["tmpfs: ('/a', '/b') -> ('/b', '/a')"]),
        ({"env": {"A": "1", "B": "2"}}, {"env": {"B": "2", "A": "1"}}, []),
        (
            {"env": {"B": "1", "GONE": "x"}},
            {"env": {"B": "2", "A": "1"}},
            ["env.A: None -> 1", "env.B: 1 -> 2", "env.GONE: x -> None"],
        ),
        ({}, {"env": {"A": ""}}, ["env.A: None -> "]),
        (
            {"health": {"retries": 3}},
            {"health": {"retries": 4}},
            ["health: {'retries': 3} -> {'retries': 4}"],
        ),
        ({"health": "none"}, {"health": {"retries": 4}}, ["health: none -> {'retries': 4}"]),
        ({"stop_timeout": 10}, {"stop_timeout": 10.0}, []),
        # A later version's field that this one does not know.
        ({"later": {"x": 1}}, {}, ["later.x: 1 -> None"]),
        ({"user": "1", "env": {"A": "1"}}, {"user": "2", "env": {}}, ["env.A: 1 -> None", "user: 1 -> 2"]),
    ],
)
def test_fields(before: dict[str, Any], after: dict[str, Any], causes: list[str]) -> None:
    assert told(before, after) == causes


CHANGED = FieldCause(path="secrets.A", sensitive=True)
NEW = FieldCause(path="secrets.A", before=None, after="declared")
GONE = FieldCause(path="secrets.A", before="declared", after=None)


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ({"A": "1"}, {"A": "1"}, None),
        ({"A": "1"}, {"A": "2"}, CHANGED),
        ({"A": "1"}, {"A": None}, None),
        ({"A": None}, {"A": "1"}, None),
        ({"A": None}, {"A": None}, None),
        ({}, {"A": None}, NEW),
        ({"A": "1"}, None, GONE),
        ("damaged", {"A": "1"}, NEW),
    ],
)
def test_secrets_are_names_only(before: object, after: object, cause: FieldCause | None) -> None:
    causes = document_causes({"secrets": before}, {"secrets": after})
    assert causes == (() if cause is None else (cause,))


@pytest.mark.parametrize(
    ("recorded", "same"),
    [
        ({"image": "a", "command": ["x"]}, True),
        ({"image": "a", "command": ["x"], "format": 0}, True),
        ({"image": "b", "command": ["x"]}, False),
        ({"image": "a"}, False),
        (None, False),
    ],
)
def test_the_same_document(recorded: dict[str, object] | None, same: bool) -> None:
    assert same_document(recorded, {"image": "a", "command": ["x"]}) is same


def test_files_of_a_folded_record_are_folders() -> None:
    new = {"app/a.py": "1" * 64, "app/b.py": "2" * 64, "x.py": "3" * 64}
    recorded = {"facts": {}, "files": shortened(new, 1), "depth": 1}
    assert inputs_causes(json.dumps(recorded), {}, new) == ()
    changed = {**new, "app/b.py": "4" * 64, "y.py": "5" * 64}
    assert inputs_causes(json.dumps(recorded), {}, changed) == (
        FilesCause(changed=("app/",), added=("y.py",), removed=()),
    )
