"""shipyard.toml: find it, load one stage of it, say what is wrong with it, write it."""

from __future__ import annotations

from shipyard.manifest.errors import ManifestError
from shipyard.manifest.load import Loaded, load, stage_names
from shipyard.manifest.read import find_root

__all__ = ["Loaded", "ManifestError", "find_root", "load", "stage_names"]
