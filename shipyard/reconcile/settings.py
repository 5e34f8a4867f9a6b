"""Declared settings of networks and volumes, recorded on them, and what changed in them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shipyard.compile import labels
from shipyard.compile.spec import canonical
from shipyard.model.desired import NetworkSpec, VolumeSpec
from shipyard.model.observed import Network, Volume
from shipyard.model.plan import FieldCause

_NETWORK: Mapping[str, object] = {"driver": None, "internal": False, "subnet": None}
_VOLUME: Mapping[str, object] = {"driver": None}
"""Defaults: a setting that an earlier version did not know had its default then."""


def network_document(spec: NetworkSpec) -> str:
    """The declared settings, recorded on the network."""
    return canonical({key: getattr(spec, key) for key in _NETWORK})


def volume_document(spec: VolumeSpec) -> str:
    """The declared settings, recorded on the volume."""
    return canonical({key: getattr(spec, key) for key in _VOLUME})


def network_causes(spec: NetworkSpec, there: Network) -> tuple[FieldCause, ...]:
    """What is declared otherwise than it was when the network was made."""
    return _causes(network_document(spec), there.labels, _NETWORK)


def volume_causes(spec: VolumeSpec, there: Volume) -> tuple[FieldCause, ...]:
    """What is declared otherwise than it was when the volume was made."""
    return _causes(volume_document(spec), there.labels, _VOLUME)


def _causes(
    document: str, found: Mapping[str, str], defaults: Mapping[str, object]
) -> tuple[FieldCause, ...]:
    try:
        recorded = dict(json.loads(found.get(labels.SPEC) or ""))
    except (ValueError, TypeError):
        return (FieldCause(path="settings", before=found.get(labels.SPEC), after=document),)
    before, after = {**defaults, **recorded}, {**defaults, **json.loads(document)}
    return tuple(
        FieldCause(path=key, before=before.get(key), after=after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )
