"""A confined, read-only view of the source tree."""

from __future__ import annotations

from shipyard.source.ignore import IgnoreRules, parse_ignore
from shipyard.source.tree import SourceError, SourceTree

__all__ = ["IgnoreRules", "SourceError", "SourceTree", "parse_ignore"]
