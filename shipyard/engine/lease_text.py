"""A lease in words, for errors and for `shipyard lease`."""

from __future__ import annotations

from datetime import timedelta

from shipyard.model.lease import Holder, LeaseRecord


def holder_text(holder: Holder) -> str:
    return f"{holder.who} (process {holder.process}), running {holder.command}"


def since_text(lease: LeaseRecord) -> str:
    """`2026-03-01 12:00:00 UTC (2m ago)`."""
    return f"{lease.since:%Y-%m-%d %H:%M:%S} UTC ({span(lease.read - lease.since)} ago)"


def expiry_text(lease: LeaseRecord) -> str:
    """`in 40s, unless it is renewed`."""
    if lease.expired:
        return "now: its holder is dead, and the next one takes it over"
    return f"in {span(lease.expires - lease.read)}, unless it is renewed"


def span(time: timedelta) -> str:
    """A duration for people: its two largest units."""
    seconds = max(0, round(time.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    parts = ((days, "d"), (hours % 24, "h"), (minutes % 60, "m"), (seconds % 60, "s"))
    shown = [f"{count}{unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0s"
