"""A confined, read-only view of the source tree."""

from __future__ import annotations

from shipyard.source.digests import EMPTIED, SourceError
from shipyard.source.ignore import IgnorePatternError, IgnoreRules, parse_ignore
from shipyard.source.tree import SourceTree

__all__ = ["EMPTIED", "IgnorePatternError", "IgnoreRules", "SourceError", "SourceTree", "parse_ignore"]
