"""Sizes for people."""

from __future__ import annotations


def bytes_text(size: int) -> str:
    """As docker says them: three digits, powers of 1000."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.3g} {unit}"
