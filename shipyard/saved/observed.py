"""An observation: what `observe` saw where the engine is, for a plan made where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shipyard.compile import labels
from shipyard.engine.secret_values import FoundSecrets
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Observed
from shipyard.model.record import Record, replace
from shipyard.saved.codec import (
    OBSERVATION,
    SavedFileError,
    from_values,
    read_document,
    to_values,
    write_document,
)

FORMAT = 1
_NOTHING_FOUND: Mapping[str, object] = {"sources": {}, "looked_in": [], "unencoded": []}


class Observation(Record):
    """`secrets` are the keyed digests of the values that were found where the engine was observed, by
    name. The key itself stays on the engine: who has it could guess at short values. `found` is what else a
    plan tells of them."""

    observed: Observed
    secrets: Mapping[str, str]
    found: FoundSecrets


def write_observation(path: Path, manifest: Manifest, seen: Observation) -> None:
    """Raises SavedFileError."""
    document = {
        "kind": OBSERVATION,
        "format": FORMAT,
        **_deployment(manifest),
        "observed": to_values(_without_key(seen.observed)),
        "secrets": dict(seen.secrets),
        "found": to_values(seen.found),
    }
    write_document(path, document)


def read_observation(path: Path, manifest: Manifest) -> Observation:
    """Raises SavedFileError for a file of another project, stage or instance."""
    document = read_document(path, OBSERVATION)
    for key, wanted in _deployment(manifest).items():
        if document.get(key) != wanted:
            raise SavedFileError(
                f"this is an observation of {key} {document.get(key)!r}, not of {wanted!r}", where=str(path)
            )
    where = str(path)
    return Observation(
        observed=from_values(document.get("observed"), Observed, where),
        secrets=from_values(document.get("secrets"), dict[str, str], where),
        found=from_values(document.get("found", _NOTHING_FOUND), FoundSecrets, where),
    )


def _deployment(manifest: Manifest) -> dict[str, str | None]:
    return {"project": manifest.name, "stage": manifest.stage, "instance": manifest.instance}


def _without_key(observed: Observed) -> Observed:
    return replace(
        observed,
        volumes=tuple(
            replace(volume, labels={key: value for key, value in volume.labels.items() if key != labels.KEY})
            for volume in observed.volumes
        ),
    )
