"""Poetry's constraints, by its documentation's own examples."""

from __future__ import annotations

import pytest

from shipyard.managers.constraints import allows, alternatives, python_marker


@pytest.mark.parametrize(
    ("constraint", "pairs"),
    [
        ("^1.2.3", [(">=", "1.2.3"), ("<", "2")]),
        ("^1.2", [(">=", "1.2"), ("<", "2")]),
        ("^1", [(">=", "1"), ("<", "2")]),
        ("^0.2.3", [(">=", "0.2.3"), ("<", "0.3")]),
        ("^0.0.3", [(">=", "0.0.3"), ("<", "0.0.4")]),
        ("^0.0", [(">=", "0.0"), ("<", "0.1")]),
        ("^0", [(">=", "0"), ("<", "1")]),
        ("~1.2.3", [(">=", "1.2.3"), ("<", "1.3")]),
        ("~1.2", [(">=", "1.2"), ("<", "1.3")]),
        ("~1", [(">=", "1"), ("<", "2")]),
        ("*", []),
        ("1.*", [("==", "1.*")]),
        ("1.2.3", [("==", "1.2.3")]),
        (">= 1.2 , < 2", [(">=", "1.2"), ("<", "2")]),
        (">=1.2 <2", [(">=", "1.2"), ("<", "2")]),
        ("!=1.5", [("!=", "1.5")]),
        ("~=1.4", [("~=", "1.4")]),
        ("^2.0a1", [(">=", "2.0a1"), ("<", "3")]),
    ],
)
def test_constraints(constraint: str, pairs: list[tuple[str, str]]) -> None:
    assert alternatives(constraint) == [pairs]


@pytest.mark.parametrize(
    ("constraint", "version", "fits"),
    [
        ("^1.2", "1.9", True),
        ("^1.2", "2.0", False),
        ("<1 || >=2", "2.1", True),
        ("<1 || >=2", "1.1", False),
        ("1.*", "1.7", True),
        ("what is this?", "1", True),
    ],
)
def test_allows(constraint: str, version: str, fits: bool) -> None:
    assert allows(constraint, version) is fits


@pytest.mark.parametrize(
    ("constraint", "marker"),
    [
        ("^3.8", "python_version >= '3.8' and python_version < '4'"),
        ("<3.11", "python_version < '3.11'"),
        (">=3.9.1", "python_full_version >= '3.9.1'"),
        ("<3.9 || >=3.11", "(python_version < '3.9') or (python_version >= '3.11')"),
        ("*", ""),
    ],
)
def test_python_markers(constraint: str, marker: str) -> None:
    assert python_marker(constraint) == marker
