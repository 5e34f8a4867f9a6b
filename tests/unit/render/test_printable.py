"""Text of others on a terminal: escaped, shortened, wrapped."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from shipyard.render.printable import (
    listed,
    printable,
    printable_lines,
    shortened,
    shortened_pair,
    wrapped,
)

ANY = st.text(st.characters() | st.sampled_from("\x1b\x9b\r\n\t\u202e\u2066\u200d\ufeff\udc80"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 書 👍", "plain é 書 👍"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31m\x9b", "\\u001b[31m\\u009b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("\\n", "\\n"),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY)
def test_what_is_left_can_be_seen(text: str) -> None:
    shown = printable(text)
    assert {unicodedata.category(one) for one in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert printable(shown) == shown
    shown.encode()
    # In JSON it means what it did.
    assert json.loads(printable(json.dumps(text, ensure_ascii=False))) == text


@given(ANY)
def test_lines_stay_lines(text: str) -> None:
    shown = printable_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert printable(shown) == printable(text)


@given(st.text(st.sampled_from("ab  書👍-") | st.characters(codec="utf-8"), max_size=200), st.integers(8, 60))
def test_lines_are_never_too_wide_and_nothing_is_lost(text: str, room: int) -> None:
    text = printable(text)
    for measure in (len, cell_len):
        lines = wrapped(text, room, measure)
        assert max(map(measure, lines)) <= room
        assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", text)


def test_wrapping() -> None:
    assert wrapped("", 10) == [""]
    assert wrapped("one two", 10) == ["one two"]
    assert wrapped("one two  three four", 10) == ["one two", "  three", "  four"]
    assert wrapped("a" * 25, 10) == ["a" * 10, "  " + "a" * 8, "  " + "a" * 7]
    assert wrapped("x " + "a" * 12, 10) == ["x", "  " + "a" * 8, "  aaaa"]


@given(ANY, ANY, st.integers(20, 100))
def test_different_texts_stay_different(before: str, after: str, limit: int) -> None:
    same = "x" * 150
    for one, other in ((before, after), (same + before, same + after), (before + same, after + same)):
        pair = shortened_pair(one, other, limit)
        assert max(map(len, pair)) <= limit
        if one != other and one[: limit - 3] != other[: limit - 3]:
            assert pair[0] != pair[1]


def test_shortening() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abc..."
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
