"""Walks a plan through a target, operation by operation. Decides nothing."""

from shipyard.apply.failed import ApplyFailed as ApplyFailed
from shipyard.apply.walk import Report as Report
from shipyard.apply.walk import walk as walk
