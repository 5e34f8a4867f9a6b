"""Every fixture is what its expect.toml says: detected with this evidence, or refused with this text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from corpus import DEFAULT, FIXTURES, NAMES, copy_fixture, expectation

from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import compile_desired
from shipyard.compile.spec import show_template
from shipyard.errors import ShipyardError
from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.syntax import THIS_PYTHON
from shipyard.manifest import load
from shipyard.starter.guess import guess

KEYS = {"about", "services", "init", "error", "run"}
RUN = {"path", "says", "slow"}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def made_of(root: Path) -> dict[str, dict[str, Any]]:
    """What each service of a project is, in the words of expect.toml."""
    manifest = load(root, stage=None, instance=None, environ={}).manifest
    builds = compile_builds(manifest)
    desired = compile_desired(manifest, builds)
    made: dict[str, dict[str, Any]] = {}
    for spec in desired.services:
        decisions = {one.subject: one for one in desired.decisions[spec.name]}
        facts: dict[str, Any] = {
            "command": list(spec.command or ()),
            "port": spec.port,
            "env": {name: show_template(value) for name, value in spec.env.items()},
            "evidence": {subject: one.evidence for subject, one in decisions.items()},
            "stop_signal": spec.compose.get("stop_signal"),
            "grace": spec.stop_timeout,
        }
        facts |= {one: decisions[one].value for one in ("framework", "app") if one in decisions}
        if spec.built == spec.name:
            detected, plan = builds[spec.name]
            names = ("framework", "app", "server", "manager", "python", "role", "health", "workers")
            facts |= {name: getattr(detected, name) for name in (*names, "stop_signal")}
            facts["command"] = list(spec.command or detected.command or ())
            facts["notes"] = [note.removeprefix(f"{spec.name}: ") for note in detected.notes]
            facts["dockerfile"] = [line.strip().removesuffix(" \\") for line in plan.dockerfile.splitlines()]
            facts["files"] = list(plan.files)
        made[spec.name] = facts
    return made


def compare(expected: dict[str, Any], found: dict[str, Any]) -> None:
    assert expected.keys() <= found.keys(), "a key that is not known"
    for key, value in expected.items():
        if key == "dockerfile":
            assert [line for line in value if line not in found[key]] == []
        elif isinstance(value, dict):
            assert {name: found[key].get(name) for name in value} == value
        else:
            assert found[key] == value, key


def within(expected: Any, found: Any) -> bool:
    """Whether a document is there, tables with more in them too."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(key in found and within(value, found[key]) for key, value in expected.items())
    return bool(expected == found)


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_is_what_it_is_expected_to_be(name: str, tmp_path: Path) -> None:
    expected = expectation(name)
    assert expected.keys() <= KEYS
    assert ("error" in expected) != bool(expected.get("services")), "what is expected?"
    root = tmp_path / "fixture"
    copy_fixture(name, root)
    if "init" in expected:
        document = guess(root, lambda: "made").document
        assert within(expected["init"], document), document
    if not (root / "shipyard.toml").exists():
        (root / "shipyard.toml").write_text(DEFAULT)
    if "error" in expected:
        with pytest.raises(ShipyardError) as caught:
            made_of(root)
        assert str(caught.value).strip() == expected["error"].replace("{python}", THIS_PYTHON).strip()
        return
    made = made_of(root)
    for service, facts in expected["services"].items():
        compare(facts, made[service])


def test_every_fixture_says_what_it_is_for() -> None:
    assert sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()) == NAMES
    for name in NAMES:
        expected = expectation(name)
        assert expected["about"], name
        assert expected.get("run", {}).keys() <= RUN, name


def test_every_framework_has_a_fixture() -> None:
    found = {
        service.get("framework")
        for name in NAMES
        for service in expectation(name).get("services", {}).values()
    }
    assert found >= {one.name for one in FRAMEWORKS}


def test_every_framework_is_in_the_readme_and_the_schema() -> None:
    root = FIXTURES.parents[1]
    schema = json.loads((root / "schemas" / "manifest.schema.json").read_text())
    told = schema["$defs"]["service"]["properties"]["framework"]["description"]
    readme = (root / "README.md").read_text()
    for name in (one.name for one in FRAMEWORKS):
        assert f"`{name}`" in readme
        assert name in re.split(r"[ ,.;:]+", told)
