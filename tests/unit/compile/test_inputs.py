"""What an image records of its inputs, and how a large tree is folded into the room there is."""

from __future__ import annotations

import json

from shipyard.compile.inputs import LIMIT, inputs_label, shortened
from shipyard.model.build import BuildPlan


def plan(files: dict[str, str], facts: dict[str, object] | None = None) -> BuildPlan:
    return BuildPlan(
        service="web",
        repository="shop/web",
        context=".",
        dockerfile="",
        dockerignore="",
        facts=facts or {"base": "python:3.13-slim"},
        files=files,
        tag="in-1",
        recipe="1",
    )


def digest(text: str) -> str:
    return (text.encode().hex() * 64)[:64]


SMALL = {"a.py": digest("1"), "shop/b.py": digest("2"), "shop/deep/c.py": digest("3")}


def test_a_small_tree_is_recorded_file_by_file() -> None:
    document = json.loads(inputs_label(plan(SMALL)))
    assert document["facts"] == {"base": "python:3.13-slim"}
    assert document["files"] == {path: text[:12] for path, text in SMALL.items()}
    assert document["depth"] == 0


def test_below_a_depth_a_folder_is_one_digest() -> None:
    assert list(shortened(SMALL, 2)) == ["a.py", "shop/b.py", "shop/deep/"]
    assert list(shortened(SMALL, 1)) == ["a.py", "shop/"]
    before = shortened(SMALL, 1)
    for path in ("shop/b.py", "shop/deep/c.py"):
        changed = {**SMALL, path: digest("9")}
        assert shortened(changed, 1)["shop/"] != before["shop/"]
        assert shortened(changed, 1)["a.py"] == before["a.py"]
    without = {path: text for path, text in SMALL.items() if "c.py" not in path}
    assert shortened(without, 1)["shop/"] != before["shop/"]
    renamed = {**without, "shop/deep/d.py": SMALL["shop/deep/c.py"]}
    assert shortened(renamed, 1)["shop/"] != before["shop/"]
    assert shortened(dict(reversed(SMALL.items())), 1) == before


def test_deep_folders_are_folded_first() -> None:
    files = {f"shop/deep/{number:04}.py": digest(str(number)) for number in range(800)} | SMALL
    text = inputs_label(plan(files))
    assert len(text) <= LIMIT
    document = json.loads(text)
    assert document["depth"] == 2
    assert sorted(document["files"]) == ["a.py", "shop/b.py", "shop/deep/"]
    assert document["facts"] == {"base": "python:3.13-slim"}


def test_what_cannot_be_folded_is_left_out() -> None:
    files = {f"{number:04}.py": digest(str(number)) for number in range(2000)}
    assert json.loads(inputs_label(plan(files))) == {"facts": {}, "files": {}, "depth": 0}
