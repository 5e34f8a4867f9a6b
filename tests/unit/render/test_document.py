"""The plan as JSON, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

import shipyard
from shipyard.model.plan import FieldCause, Plan, UpdateService
from shipyard.render.document import plan_document, plan_json

EVIL = "a\x1b[2J\x9b31m\r\n\u202eb\u2066\u200b\u2028\udc80\x7f\U000e0041c"


def test_the_whole(
    release: Plan, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipyard, "__version__", "1.2.3")
    golden("plan.json", plan_json(release))
    assert plan_json(release) == plan_json(release)


def test_a_terminal_may_show_it(plan: Callable[..., Plan]) -> None:
    cause = FieldCause(path=EVIL, before=EVIL, after={EVIL: [EVIL, "é書"]})
    made = plan(UpdateService(address="service.a", causes=(cause,), containers=()), notes=(EVIL,))
    text = plan_json(made)
    assert re.findall(r"[^\n -~]", text.replace("é書", "")) == []
    assert "é書" in text
    # And means what it did.
    assert json.loads(text) == json.loads(json.dumps(plan_document(made)))
    assert json.loads(text)["notes"] == [EVIL]
