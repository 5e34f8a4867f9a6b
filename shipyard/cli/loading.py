"""What every command begins with: the manifest of a stage."""

from __future__ import annotations

import os
from pathlib import Path

from shipyard.compile.labels import ownership
from shipyard.engine.lists import inspect_ahead
from shipyard.manifest import Loaded, find_root, load


def load_project(folder: Path, stage: str | None, instance: str | None) -> Loaded:
    """Find and load the manifest of one stage. Raises ManifestError."""
    loaded = load(find_root(folder.absolute()), stage=stage, instance=instance, environ=os.environ)
    manifest = loaded.manifest
    if manifest.engine is None:
        inspect_ahead(ownership(manifest.name, manifest.stage, manifest.instance))
    return loaded
