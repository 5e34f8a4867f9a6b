"""What is told of others' output holds no secret value, however it was written down."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipyard import concealed as module
from shipyard.concealed import STARS, conceal, concealed
from shipyard.errors import ShipyardError

VALUE = 'p"ä/s+w ö&rd'
BASE64 = base64.b64encode(VALUE.encode()).decode()


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_values", set())
    monkeypatch.setattr(module, "_forms", [])
    monkeypatch.setattr(module, "_lines", set())


@pytest.mark.parametrize(
    "written",
    [VALUE, json.dumps(VALUE), repr(VALUE), quote(VALUE), BASE64],
)
def test_a_value_is_stars_in_every_encoding(written: str) -> None:
    conceal([VALUE])
    told = concealed(f"connecting with {written}!")
    assert STARS in told
    for part in ("s+w", "rd", "cCLD", "%C3"):
        assert part not in told.partition("with ")[2]


@given(user=st.text(max_size=9), rest=st.text(max_size=9))
def test_nor_does_base64_of_more_than_it_tell(user: str, rest: str) -> None:
    conceal(["correct horse battery"])
    before, after = f"{user}:".encode("utf-8", "replace"), rest.encode("utf-8", "replace")
    told = concealed(base64.b64encode(before + b"correct horse battery" + after).decode())
    assert STARS in told
    assert len(told) <= len(STARS) + 4 * (len(before) + len(after) + 6) // 3 + 4


def test_passwords_inside_of_values_are_concealed_too() -> None:
    conceal(["machine pypi.example.com login shop password tok3n-of-it\n", "postgres://a:in-the-url@db/a"])
    assert (
        concealed("GET https://shop:tok3n-of-it@pypi.example.com/")
        == f"GET https://shop:{STARS}@pypi.example.com/"
    )
    assert concealed("no login for a with in-the-url") == f"no login for a with {STARS}"


def test_a_short_one_and_none_at_all_change_nothing() -> None:
    assert concealed("as it is") == "as it is"
    conceal(["is", ""])
    assert concealed("as it is") == "as it is"


def test_an_error_tells_none() -> None:
    conceal(["correct horse"])
    error = ShipyardError("it failed", details=("| said correct horse",), hint="look")
    assert str(error) == f"it failed\n  | said {STARS}\n  -> look"


def test_nor_does_a_short_line_of_a_long_value() -> None:
    conceal(["-----BEGIN-----\nabcdefgh\nx1==\n", "a\nb"])
    assert concealed("| abcdefgh\n| x1==\nx1== and more") == f"| {STARS}\n| {STARS}\nx1== and more"
    assert concealed("  | x1==") == f"  | {STARS}"
    assert concealed("a") == "a", "of a short value nothing is a secret"
