"""Ignore files: what a pattern matches, in which order lines decide, what is refused.

That this is what BuildKit does is for tests/engine/test_dockerignore.py.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import left_out

from shipyard.source import IgnorePatternError, IgnoreRules, parse_ignore


def taken(lines: str, *paths: str) -> list[str]:
    rules = parse_ignore(lines)
    return [path for path in paths if not left_out(rules, path)]


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("a", ("a", "a/b"), ("b/a", "ab", "A")),
        ("/a/", ("a", "a/b"), ("b/a",)),
        ("./a/../b//c", ("b/c",), ("a", "b", "c")),
        ("../a", (), ("a", "b/a")),
        (".", (), ("a", ".a")),
        ("a.b", ("a.b",), ("axb",)),
        ("*", ("a", "a/b", ".a"), ()),
        ("*.py", ("a.py", ".py"), ("b/a.py", "a.pyc")),
        ("*/a", ("b/a", "b/a/c"), ("a", "b/c/a")),
        ("a?", ("ab", "a\n"), ("a", "a/b", "abc")),
        ("**", ("a", "a/b", "a\nb/c"), ()),
        ("**/a", ("a", "b/a", "b/c/a", "a/b", "b\nc/a"), ("ba", "b/ca")),
        ("**a", ("a", "ba", "b/ca"), ("ab",)),
        ("**a*", ("a", "ab", "c/ab"), ("ba", "c/ba")),
        ("**/a*", ("a", "ab", "c/ab"), ("ba", "c\nd/ab")),
        ("**/a/b", ("a/b", "c/a/b"), ("b", "ca/b")),
        ("a/**", ("a/b", "a/b/c"), ("a", "ab")),
        ("a**", ("a", "ab", "ab/c"), ("ba",)),
        ("a/**/b", ("a/b", "a/c/b", "a/c/d/b"), ("ab", "a/cb")),
        ("a/**b", ("a/b", "a/c/b"), ("a/cb",)),
        ("**/.env*", (".env", ".env.prod", "a/.envs/x"), ("env", "a/x.env")),
        ("[a-c]", ("a", "c"), ("d", "-")),
        ("[^a-c]", ("d",), ("a",)),
        ("a[^b]c", ("a/c", "axc"), ("abc",)),
        ("[!a]", ("!", "a"), ("b",)),
        ("[a\\]\\-]", ("]", "-", "a"), ("\\",)),
        ("[+-.]", ("+", ",", "-", "."), ("/", "a")),
        ("[[]a", ("[a",), ("a",)),
        ("[\\d]?", ("1a",), ("da",)),
        ("\\*", ("*",), ("a", "\\*")),
        ("\\!a", ("!a",), ("a",)),
        ("\\#a", ("#a",), ("a",)),
        # What nobody means by it, and BuildKit does.
        ("[*]", ("]", "[]", "^/]"), ("*",)),
        ("[?]", ("[]", "^]"), ("?",)),
        ("a{2}*", ("aa", "aab"), ("a{2}", "a")),
        ("a{2}", ("a{2}",), ("aa",)),
        ("{a}*", ("{a}", "{a}b"), ("a",)),
        ("{2}a*", ("ab",), ("{2}a",)),
        ("a|b*", ("a", "ax/y", "x/b", "xbc"), ("c",)),
        ("**/a|b*", ("a", "x/ay", "b"), ("c", "xa")),
        ("a|b", ("a|b",), ("a", "b")),
        ("^a*", ("a", "ab"), ("^a", "^ab")),
        ("^a", ("^a",), ("a",)),
        ("a$*", ("a$", "a$b"), ("a",)),
        ("a]?", ("a]b",), ("a]",)),
        ("\\w\\s\\b\\n?", (), ("w",)),
        ("\\D", ("a", "/"), ("1",)),
    ],
)
def test_what_a_pattern_matches(pattern: str, matching: tuple[str, ...], others: tuple[str, ...]) -> None:
    assert taken(pattern, *matching) == []
    assert taken(pattern, *others) == list(others)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("", ["a", "b", "f/a", "f/b", "f/g/a"]),
        ("# a\n\n  \n#b", ["a", "b", "f/a", "f/b", "f/g/a"]),
        ("\ufeffa\r\n\u00a0b\u3000\r\n", ["f/a", "f/b", "f/g/a"]),
        (" #a\na", ["b", "f/a", "f/b", "f/g/a"]),
        ("*\n!a", ["a"]),
        ("*\n! /a", ["a"]),
        ("*\n/!a", ["a"]),
        ("!a\n*", []),
        ("f\n!f/a", ["a", "b", "f/a"]),
        ("f\n!f", ["a", "b", "f/a", "f/b", "f/g/a"]),
        ("**\n!**/a", ["a", "f/a", "f/g/a"]),
        # Not tried on the folder, where nothing was left out yet, and the file is not named by it.
        ("f/g\n!f", ["a", "b", "f/a", "f/b"]),
        # The folder is not looked into: nothing below it is named without a wildcard.
        ("*\n!f/*/**", []),
        ("*\n!f/*/**\n!x*", ["f/g/a"]),
    ],
)
def test_the_last_line_that_fits_decides(lines: str, left: list[str]) -> None:
    assert taken(lines, "a", "b", "f/a", "f/b", "f/g/a") == left


def test_a_file_that_is_let_in_and_not_opened() -> None:
    def emptied(lines: str) -> bool:
        rules = parse_ignore(lines)
        _, folder = rules.check("f", "f", 0)
        out, state = rules.check("f/a", "a", folder)
        assert not out
        return rules.empties("f/a", state)

    assert emptied("f\n!f/a\nf")
    assert emptied("f\n!f/a\n**/f")
    assert not emptied("f\n!f/a\nx")
    assert not emptied("f\n!f/a")
    assert not emptied("f\n!f/a\nf\n!f")
    assert not emptied("x")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a[", "brackets must be closed"),
        ("a[]", "brackets must be closed"),
        ("[a-]", "brackets must be closed"),
        ("*[", "brackets must be closed"),
        (".*[a-]", "brackets must be closed"),
        ("a*[", "a bracket is not closed"),
        ("[b-a]", "b-a is the wrong way round"),
        ("a\\", "a backslash at the end"),
        ("a*b\\", "a backslash at the end"),
        ("build\\out", "\\o stands for nothing"),
        ("\\é", "\\é stands for nothing"),
        ("\\07", "\\0 stands for nothing"),
        ("[[:alpha:]]", "classes by name"),
        ("?{2000}", "repeats too often"),
        ("*{2}", "no regular expression"),
        ("!", "an exclamation mark alone"),
        ("!/", "an exclamation mark alone"),
        ("a\tb", "cannot be seen"),
        ("a\ufeffb", "cannot be seen"),
        ("a" * 65_536, "too long"),
    ],
)
def test_what_is_no_pattern_is_told_with_its_line(pattern: str, reason: str) -> None:
    with pytest.raises(IgnorePatternError) as caught:
        parse_ignore(f"# one\nb\r\n{pattern}\n", "api/.dockerignore")
    assert caught.value.where == "api/.dockerignore:3"
    assert reason in caught.value.details[0]


def test_what_is_read_no_further_is_taken() -> None:
    """Behind a star and what no dot can match, only the regular expression has to be one."""
    assert taken("a*[x-]", "ab-", "abx", "aby") == ["aby"]
    assert taken("a*b\\\\", "ab\\", "ab") == ["ab"]


PARTS = st.lists(st.sampled_from(("*", "**", "?", "/", "a", "b", "ab", "[a-b]", "|", "!", " ")), max_size=5)
PATHS = st.lists(st.sampled_from(("a", "b", "ab", "a\n")), min_size=1, max_size=4).map("/".join)


@given(lines=st.lists(PARTS.map("".join), max_size=6), path=PATHS)
def test_patterns_together_do_what_each_does_in_turn(lines: list[str], path: str) -> None:
    """The rules as they are defined: pattern by pattern, each tried only where it would change something."""
    try:
        rules = parse_ignore("\n".join(lines))
    except IgnorePatternError:
        return
    parts = path.split("/")
    matched = [False] * len(rules.patterns)
    state = 0
    for end, name in enumerate(parts, 1):
        way = "/".join(parts[:end])
        out = False
        for number, pattern in enumerate(rules.patterns):
            if not matched[number] and pattern.include == out:
                alone = IgnoreRules(
                    (type(pattern)(text=pattern.text, include=False, matcher=pattern.matcher),)
                )
                matched[number] = alone.check(way, name, 0)[0]
            if matched[number]:
                out = not pattern.include
        found, state = rules.check(way, name, state)
        assert found is out
