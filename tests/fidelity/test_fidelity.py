"""What a plan says is what happens, nothing more and nothing less, in an order that its graph allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fidelity.cases import make_case
from fidelity.running import Runner, make_images
from project import Project

from shipyard.targets.compose import health

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session", autouse=True)
def images() -> None:
    make_images()


@pytest.fixture(autouse=True)
def _soon_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no check is taken for healthy sooner: the containers only sleep."""
    monkeypatch.setattr(health, "STEADY", 0.3)


def test_a_plan_is_what_happens(seed: int, make_project: Callable[[], Project]) -> None:
    runner = Runner(make_project(), make_case(seed))
    try:
        runner.go()
    except Exception as error:
        case = runner.case
        told = [
            f"seed {seed}: {type(error).__name__}: {error}",
            f"changes {case.changes}",
            f"drifts {case.drifts}",
        ]
        pytest.fail("\n".join([*told, *runner.said]), pytrace=False)
