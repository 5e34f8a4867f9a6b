"""The engine's own times, compared."""

from __future__ import annotations

from datetime import UTC, datetime


def later(one: str, other: str) -> bool:
    """Whether one moment, as the engine writes it, is after another; not when that is not known."""
    try:
        return _moment(one) > _moment(other)
    except ValueError:
        return False


def _moment(text: str) -> tuple[datetime, str]:
    """In nanoseconds. Times of containers are of UTC, those of volumes of the machine's zone and whole
    seconds."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(seconds)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC), fraction.ljust(9, "0")
