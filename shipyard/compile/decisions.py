"""Decisions as detection makes them, each with its evidence, and the error for what cannot be decided."""

from __future__ import annotations

from shipyard.errors import ShipyardError
from shipyard.model.build import Decision


class DetectionError(ShipyardError):
    """What a service is cannot be decided."""


def decided(subject: str, value: str, evidence: str, declared: object) -> Decision:
    """What the manifest declares, or what was found; `declared` is the manifest's own word, or None."""
    if declared is not None:
        return Decision(subject=subject, value=value, evidence="declared", origin="manifest")
    return Decision(subject=subject, value=value, evidence=evidence, origin="detected")


def default(subject: str, value: str, evidence: str) -> Decision:
    """What is taken because nothing says otherwise: worth telling the user."""
    return Decision(subject=subject, value=value, evidence=evidence, origin="default")
