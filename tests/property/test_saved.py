"""What is saved is read again as it was, whatever it is."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.deployments import random_deployment
from property.scenes import scene_of

from examples import EXAMPLES, NAMES, STAGES
from shipyard.compile.builds import compile_builds
from shipyard.manifest import load
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Observed
from shipyard.saved.codec import SavedFileError, from_values, to_values

T = TypeVar("T")


def read_again(value: T, kind: type[T]) -> Any:
    return from_values(json.loads(json.dumps(to_values(value))), kind, "file")


@given(st.integers(0, 2**32 - 1))
def test_what_is_declared_and_what_runs(seed: int) -> None:
    rng = random.Random(seed)
    manifest, observed = random_deployment(rng).manifest, scene_of(rng).observed
    assert read_again(manifest, Manifest) == manifest
    assert read_again(observed, Observed) == observed


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", NAMES)
def test_how_the_examples_are_built(name: str, stage: str) -> None:
    manifest = load(EXAMPLES / name, stage=stage, instance=None, environ={}).manifest
    assert read_again(manifest, Manifest) == manifest
    for detected, plan in compile_builds(manifest).values():
        assert read_again(detected, Detected) == detected
        assert read_again(plan, BuildPlan) == plan


@pytest.mark.parametrize(
    "changed", [{"name": 1}, {"services": [{"name": "web", "nope": 1}]}, {"locked": []}, {"services": [{}]}]
)
def test_what_is_of_another_type_is_damaged(changed: dict[str, Any]) -> None:
    values = to_values(Manifest(root=Path("/srv"), name="shop", stage="prod"))
    assert from_values(values, Manifest, "file").name == "shop"
    with pytest.raises(SavedFileError, match="the file is damaged"):
        from_values({**values, **changed}, Manifest, "file")
