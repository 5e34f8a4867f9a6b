"""The lease for a terminal, and for programs by its schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipyard.model.lease import Holder, LeaseRecord
from shipyard.model.manifest import Manifest
from shipyard.model.record import replace
from shipyard.render.lease import lease_json, lease_text

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
RECORD = LeaseRecord(
    id="c1",
    holder=Holder(
        who="ci@runner-7", process=4711, command="apply", run="https://ci.example.com/9", token="t", ttl=45
    ),
    since=NOON - timedelta(minutes=3),
    renewed=NOON - timedelta(seconds=5),
    read=NOON,
)
PROD = Manifest(root=Path("/"), name="shop", stage="prod")


def test_text() -> None:
    assert lease_text(PROD, "ssh://deploy@db1", RECORD) == (
        "shop / prod on ssh://deploy@db1\n"
        "\n"
        "held by  ci@runner-7 (process 4711), running apply\n"
        "CI run   https://ci.example.com/9\n"
        "since    2026-03-01 11:57:00 UTC (3m ago)\n"
        "expires  in 40s, unless it is renewed\n"
    )
    assert lease_text(PROD, "local engine", None) == "shop / prod on local engine\n\nThe lease is free.\n"


def test_json() -> None:
    document = json.loads(lease_json(PROD, "ssh://deploy@db1", RECORD))
    assert document == {
        "format": 1,
        "project": "shop",
        "stage": "prod",
        "instance": None,
        "engine": {"address": "ssh://deploy@db1"},
        "lease": {
            "id": "c1",
            "holder": "ci@runner-7",
            "process": 4711,
            "command": "apply",
            "run": "https://ci.example.com/9",
            "since": "2026-03-01T11:57:00Z",
            "renewed": "2026-03-01T11:59:55Z",
            "expires": "2026-03-01T12:00:40Z",
            "expired": False,
        },
    }


def test_what_a_label_holds_commands_no_terminal() -> None:
    odd = replace(RECORD, holder=replace(RECORD.holder, who="a\x1b[2J@b", run="c\u202ed"))
    shown = lease_text(PROD, "x", odd)
    assert "a\\u001b[2J@b" in shown
    assert "\x1b" not in shown + lease_json(PROD, "x", odd)
    assert "\u202e" not in shown + lease_json(PROD, "x", odd)


@pytest.mark.parametrize("record", [None, RECORD])
def test_it_is_as_its_schema_says(schemas: Path, record: LeaseRecord | None) -> None:
    schema = json.loads((schemas / "lease.schema.json").read_bytes())
    document = json.loads(lease_json(PROD, "x", record))
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert set(document) == set(schema["properties"])
    if record is not None:
        assert set(document["lease"]) == set(schema["$defs"]["lease"]["required"])
        del document["lease"]["holder"]
        assert list(Draft202012Validator(schema).iter_errors(document)) != []
