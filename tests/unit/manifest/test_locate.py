from __future__ import annotations

import pytest

from shipyard.manifest.errors import did_you_mean, dotted
from shipyard.manifest.locate import Locator
from shipyard.model.origin import Path

TEXT = '''\
# a comment
name = "x"
a.b.c = 1
inline = { one = 1, "two words" = [1, { deep = 2 }] }

[services.web]
env.A = """
two lines
"""
list = [
  # here
  "first",
  "second", "third",
]

[ services . 'quo.ted' . "es\\u0063ape" ]
k = 1
[[points]]
x = 1
[[points]]
x = 2
[points.sub]
y = 3
[[points.more]]
z = 4
[services.web.build]
static = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("a",), 3),
        (("a", "b", "c"), 3),
        (("inline", "two words", 1, "deep"), 4),
        (("services",), 6),
        (("services", "web"), 6),
        (("services", "web", "env", "A"), 7),
        (("services", "web", "list"), 10),
        (("services", "web", "list", 0), 12),
        (("services", "web", "list", 2), 13),
        (("services", "web", "list", 9), 10),
        (("services", "quo.ted", "escape", "k"), 17),
        (("points", 0, "x"), 19),
        (("points", 1, "x"), 21),
        (("points", 1, "sub", "y"), 23),
        (("points", 1, "more", 0, "z"), 25),
        (("services", "web", "build", "static"), 27),
        (("services", "web", "nope", "deeper"), 6),
        (("nope",), None),
        ((), None),
    ],
)
def test_line(path: Path, line: int | None) -> None:
    assert Locator(TEXT).line(path) == line


def test_dotted() -> None:
    assert dotted(("services", "a.b", "x y", 0, "é\n")) == 'services."a.b"."x y"[0]."\\u00e9\\n"'


def test_a_key_of_many_parts_is_told_by_its_beginning() -> None:
    text = "a = 1\n" + ".".join("k" * 1 for _ in range(400)) + " = 1\n"
    assert Locator(text).line(("k",) * 300) == 2


def test_did_you_mean() -> None:
    assert did_you_mean("PORT", ["port", "publish"]) == 'did you mean "port"?'
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", []) is None
