"""Which Node builds a front end."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources import write_tree

from shipyard.compile.decisions import DetectionError
from shipyard.compile.node_range import NotARange, allows
from shipyard.compile.node_version import major_version, node_version


@pytest.mark.parametrize(
    ("text", "majors"),
    [
        ("*", {18, 20, 22, 24}),
        ("", {18, 20, 22, 24}),
        ("22", {22}),
        ("22.x", {22}),
        ("v20.11.1", {20}),
        ("^20.19.0 || >=22.12.0", {20, 22, 24}),
        (">= 20", {20, 22, 24}),
        (">20", {22, 24}),
        (">20.5", {20, 22, 24}),
        ("<22", {18, 20}),
        ("<=22", {18, 20, 22}),
        ("<=22.4.0", {18, 20}),
        (">=18 <21", {18, 20}),
        (">=18, <21", {18, 20}),
        ("18 - 20", {18, 20}),
        ("~22.4", {22}),
        ("~>24", {24}),
        ("=18.0.0-rc.1", {18}),
        (">=26", set()),
    ],
)
def test_what_a_range_allows(text: str, majors: set[int]) -> None:
    assert {major for major in (18, 20, 22, 24) if allows(text, major)} == majors


@pytest.mark.parametrize("text", ["latest", ">=a", "22 and more"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(NotARange):
        allows(text, 22)


@pytest.mark.parametrize(
    ("text", "major"),
    [
        *(("22", 22), ("v20.11.1", 20), ("node-20", 20), ("lts/jod", 22), ("lts/Iron", 20), ("lts/*", 22)),
        *(("lts", 22), ("lts-krypton", 24), ("system", None), ("latest", None)),
    ],
)
def test_a_major_by_any_name(text: str, major: int | None) -> None:
    assert major_version(text) == major


@pytest.mark.parametrize(
    ("files", "value", "evidence", "origin"),
    [
        ({}, "22", "nothing says otherwise", "default"),
        ({"web/.nvmrc": "v20.1\n", ".node-version": "18"}, "20", ".nvmrc", "detected"),
        ({".node-version": "# ours\n24\n"}, "24", "../.node-version", "detected"),
        ({".tool-versions": "python 3.12\nnodejs 20.1.0\n"}, "20", "../.tool-versions:2", "detected"),
        ({"mise.toml": '[tools]\nnode = "24"\n'}, "24", "../mise.toml:2", "detected"),
        ({"web/.nvmrc": "system", ".node-version": "20"}, "20", "../.node-version", "detected"),
    ],
)
def test_which_file_says_it(
    tmp_path: Path, files: dict[str, str], value: str, evidence: str, origin: str
) -> None:
    decision = node_version(write_tree(tmp_path, files), "web", {})
    assert (decision.value, decision.evidence, decision.origin) == (value, evidence, origin)


@pytest.mark.parametrize(
    ("engines", "value", "origin"),
    [(">=18", "22", "default"), ("<22", "20", "detected"), (24, "22", "default")],
)
def test_what_engines_allows(tmp_path: Path, engines: object, value: str, origin: str) -> None:
    decision = node_version(write_tree(tmp_path, {}), "web", {"engines": {"node": engines}})
    assert (decision.value, decision.origin) == (value, origin)


@pytest.mark.parametrize(
    ("files", "engines", "told"),
    [
        ({".nvmrc": "18"}, ">=20", 'Node 18 (../.nvmrc) does not fit engines.node = ">=20"'),
        ({}, ">=99", 'no Node that Shipyard knows fits engines.node = ">=99"'),
        ({}, "newest", "engines.node = 'newest' is no range of versions"),
    ],
)
def test_two_that_do_not_agree(tmp_path: Path, files: dict[str, str], engines: str, told: str) -> None:
    with pytest.raises(DetectionError) as caught:
        node_version(write_tree(tmp_path, files), "web", {"engines": {"node": engines}})
    assert str(caught.value).startswith(f"web/package.json: {told}")
