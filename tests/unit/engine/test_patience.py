"""What may pass is tried again, what will not is told at once."""

from __future__ import annotations

import pytest

from shipyard.engine.objects import EngineError
from shipyard.engine.patience import DELAYS, patiently


def failing(*messages: str) -> tuple[list[str], list[float], str]:
    """The attempts that are left, the waits, and the result of something that fails so often."""
    left, waited = list(messages), list[float]()

    def attempt() -> str:
        if left:
            raise EngineError(left.pop(0), where="engine")
        return "done"

    try:
        return left, waited, patiently(attempt, waited.append)
    except EngineError as error:
        return left, waited, error.title


@pytest.mark.parametrize(
    "message",
    [
        "received unexpected HTTP status: 503 Service Unavailable",
        "toomanyrequests: You have reached your pull rate limit",
        "net/http: TLS handshake timeout",
        "dial tcp 127.0.0.1:5000: connect: connection refused",
        "failed to do request: unexpected EOF",
    ],
)
def test_what_may_pass(message: str) -> None:
    assert failing(message, message) == ([], [*DELAYS[:2]], "done")


@pytest.mark.parametrize(
    "message", ["unauthorized: authentication required", "manifest unknown", "denied: requested access"]
)
def test_what_will_not(message: str) -> None:
    assert failing(message, "never") == (["never"], [], message)


def test_there_is_an_end_to_it() -> None:
    assert failing(*["timeout"] * 9) == (["timeout"] * 5, [*DELAYS], "timeout")
