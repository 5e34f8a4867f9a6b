"""Environment markers, held to what the packaging library makes of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Environment, Marker, default_environment

from shipyard.managers.markers import MarkerError, every, known, marker_text


def environment(python: str, machine: str) -> Environment:
    found = default_environment()
    found["python_version"] = python
    found["python_full_version"] = f"{python}.1"
    found["platform_machine"] = machine
    found["sys_platform"], found["os_name"], found["platform_system"] = "linux", "posix", "Linux"
    return found


ENVIRONMENTS = [environment(*one) for one in itertools.product(("3.9", "3.12"), ("x86_64", "aarch64"))]
ATOMS = st.sampled_from(
    [
        *("python_version < '3.11'", 'python_version >= "3.9"', "python_full_version == '3.12.1'"),
        *(
            "sys_platform == 'win32'",
            "sys_platform != 'win32'",
            "os_name == 'posix'",
            "'linux' in sys_platform",
        ),
        *("platform_system == 'Darwin'", "platform_machine == 'aarch64'", "extra == 'Re_dis'"),
        *("platform_machine in 'x86_64 aarch64'", "sys_platform not in 'win32, darwin'", "extra == 'other'"),
    ]
)
TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
        lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_what_is_left_holds_where_the_marker_holds(text: str) -> None:
    left = known(text, ["re-dis"])
    assert "platform_system" not in marker_text(left)
    assert "extra" not in marker_text(left)
    for one in ENVIRONMENTS:
        expected = Marker(text).evaluate({**one, "extra": "re-dis"})
        said = marker_text(left)
        assert (Marker(said).evaluate(dict(one)) if said else True) is expected


@given(TEXTS, TEXTS)
def test_both(first: str, second: str) -> None:
    said = marker_text(every((known(first), known(second))))
    for one in ENVIRONMENTS:
        expected = all(Marker(text).evaluate({**one, "extra": ""}) for text in (first, second))
        assert (Marker(said).evaluate(dict(one)) if said else True) is expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        ("  python_version<'3.11'", "python_version < '3.11'"),
        ("os.name == 'posix'", ""),
        ("sys_platform in 'linux darwin'", ""),
        ("'lin' in sys_platform", ""),
        ("'linux darwin' not in sys_platform", ""),
        ("python_version < '3' or sys_platform == 'linux'", ""),
        ("(python_version < '3') and python_version < '3'", "python_version < '3'"),
        ("'a' in extras and 'd' in dependency_groups", ""),
        ("'b' in extras", "python_version < '0'"),
        ("python_version < '3' and (python_version < '3' or extra == 'x')", "python_version < '3'"),
    ],
)
def test_texts(text: str, left: str) -> None:
    assert marker_text(known(text, ["a"], ["d"])) == left


@pytest.mark.parametrize(
    "text",
    ["python_version", "a ==", "== 'a'", "a == 'b' and", "(a == 'b'", "a == 'b')", "a ? 'b'", "and or or"],
)
def test_what_is_no_marker(text: str) -> None:
    with pytest.raises(MarkerError):
        known(text)
