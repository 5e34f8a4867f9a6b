"""Transfers from and to registries, tried again where what failed may pass by itself."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from shipyard.engine.objects import EngineError

T = TypeVar("T")

DELAYS = (1.0, 4.0, 10.0)
"""Seconds before each further attempt: a registry that is busy has had enough by then, or is down."""
_PASSING = re.compile(
    r"\b(429|500|502|503|504)\b|too ?many ?requests|timed? ?out|timeout|connection re(set|fused)|\bEOF\b"
    r"|temporary failure|bad gateway|service unavailable|server misbehaving",
    re.IGNORECASE,
)


def patiently(attempt: Callable[[], T], wait: Callable[[float], None] = time.sleep) -> T:
    """What `attempt` returns, by a further one after each of DELAYS while it fails for what may pass: layers
    that are there already are not sent again. Raises what the last one raised, and at once what will not
    pass, such as a refused login."""
    for delay in DELAYS:
        try:
            return attempt()
        except EngineError as error:
            if not _PASSING.search(error.title):
                raise
            print(f"{error.title}\n  again in {delay:g} s", file=sys.stderr, flush=True)
        wait(delay)
    return attempt()
