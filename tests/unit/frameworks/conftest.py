from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sources import write_tree

from shipyard.errors import ShipyardError
from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.application import Application
from shipyard.managers.pip import Pip
from shipyard.model.manifest import Service, Template

Find = Callable[..., Application | None]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """What a framework finds in a folder of these files, for a service that says this of itself."""

    def done(
        framework: str,
        files: dict[str, str],
        *,
        folder: str = ".",
        app: str | None = None,
        env: dict[str, Template] | None = None,
    ) -> Application | None:
        tree = write_tree(tmp_path, files)
        found = next(one for one in FRAMEWORKS if one.name == framework)
        service = Service(name="web", path=folder, app=app, env=env or {})
        return found.find(tree, folder, Pip().read(tree, folder), service)

    return done


@pytest.fixture
def refused(find: Find) -> Callable[..., str]:
    """Why a framework cannot decide."""

    def told(framework: str, files: dict[str, str]) -> str:
        with pytest.raises(ShipyardError) as caught:
            find(framework, files)
        return str(caught.value)

    return told
