"""Plans and desired states to be shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipyard.model.observed import Engine
from shipyard.model.plan import Plan


@pytest.fixture
def engine() -> Engine:
    return Engine(id="E1", name="box", version="28.5.2", address="ssh://deploy@db1", local=False)


@pytest.fixture
def plan(engine: Engine) -> Callable[..., Plan]:
    """A plan of some operations of shop / prod."""

    def made(*operations: Any, **fields: Any) -> Plan:
        base = {
            "project": "shop",
            "stage": "prod",
            "instance": None,
            "deployment": "shop-prod",
            "engine": engine,
        }
        return Plan(operations=operations, **{**base, **fields})

    return made


@pytest.fixture
def schemas() -> Path:
    return Path(__file__).parents[3] / "schemas"
