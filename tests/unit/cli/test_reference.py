"""The reference in the repository is what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from shipyard.__main__ import run
from shipyard.cli.app import COMMANDS
from shipyard.manifest.schema import schema_path

FILE = Path(schema_path()).with_name("reference.md")


def test_the_reference_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reference"]) == 0
    assert capsys.readouterr().out == FILE.read_text(), "shipyard reference > schemas/reference.md"


def test_every_command_and_every_key_is_in_it() -> None:
    text = FILE.read_text()
    assert re.findall(r"^### shipyard (\w+)$", text, re.MULTILINE) == list(COMMANDS)
    schema = json.loads(schema_path().read_text())
    tables = [schema, *schema["$defs"].values()]
    tables += [form for one in tables for form in one.get("anyOf", [])]
    keys = {key for table in tables for key in table.get("properties", {})}
    assert keys <= set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE))
    assert "--from FILE" in text
    assert not [line for line in text.splitlines() if line.startswith("|") and line.count("|") < 3]
