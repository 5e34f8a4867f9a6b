from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.errors import ShipyardError
from shipyard.managers import Manager
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import PLAIN, Build

Read = Callable[..., Dependencies]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What a manager reads from a folder of these files."""

    def done(
        manager: Manager, files: dict[str, str], folder: str = ".", build: Build = PLAIN
    ) -> Dependencies:
        tree = write_tree(tmp_path, files)
        assert manager.evidence(tree, folder) is not None
        return manager.read(tree, folder, build)

    return done


@pytest.fixture
def refused(read: Read) -> Callable[..., str]:
    """What a manager says of files that it cannot use."""

    def told(manager: Manager, files: dict[str, str], **more: Any) -> str:
        with pytest.raises(ShipyardError) as caught:
            read(manager, files, **more)
        return str(caught.value)

    return told
