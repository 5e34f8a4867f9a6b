"""Cases by seed: a manifest, a change of it, and what someone does by hand in between."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass

from fidelity.changes import CHANGES, changed
from fidelity.manifests import Table, random_manifest, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`stage`: the one that is changed while another runs beside it. `secrets` are (before, after) values.
    `files` are the built services' source, before and after."""

    seed: int
    before: Table
    after: Table
    changes: tuple[str, ...]
    drifts: tuple[str, ...]
    stage: str | None
    secrets: tuple[dict[str, str], dict[str, str]]
    files: tuple[str, str]


def make_case(seed: int) -> Case:
    """The case of a seed: the same on every machine."""
    rng = random.Random(seed)
    # Every seed has changes and drifts of its own turn, so that few seeds cover them all.
    kinds = list(CHANGES)
    kind, second_kind = kinds[seed % len(kinds)], kinds[(12 * seed + 5) % len(kinds)]
    drift, second_drift = DRIFTS[seed % len(DRIFTS)], DRIFTS[(7 * seed + 3) % len(DRIFTS)]
    before = random_manifest(rng, 2 if kind in OF_TWO else 1)
    _suit(before, kind, drift)
    stage = "prod" if rng.random() < 0.15 else None
    if stage:
        # A port of the host can be held by one of the two.
        for service in before["services"].values():
            service["publish"] = [port for port in service["publish"] if "@" not in port]
        before["stages"] = {"prod": {"services": {}}, "dev": {}}
    after, changes = before, []
    others = rng.choice(((second_kind,), (second_kind,), (second_kind, rng.choice(kinds))))
    for wanted in (kind, *WITH.get(kind, ()), *others):
        made = changed(rng, after, wanted)
        if made is not None:
            after = made
            changes.append(wanted)
    if rng.random() < 0.05:
        after, changes = copy.deepcopy(before), []
    values = {"TOKEN": "one", "OTHER": "three"}
    drifts = [drift, *rng.choice(((), (second_drift,), (second_drift,)))]
    if changes and rng.random() < 0.15:
        drifts = []
    return Case(
        seed=seed,
        before=before,
        after=after,
        changes=tuple(dict.fromkeys(changes)),
        drifts=tuple(drifts),
        stage=stage,
        secrets=(values, {**values, "TOKEN": "two"} if rng.random() < 0.3 else values),
        files=("one\n", "two\n" if rng.random() < 0.5 else "one\n"),
    )


DRIFTS = (
    *("kill", "stop", "pause", "remove", "rename", "rename-to-another", "half-named", "left-over"),
    *("disconnect", "reconnect", "extra-network", "network-recreated", "network-removed"),
    *("restart-policy", "restart-count", "limits", "limit-taken", "scale-up", "scale-down"),
    *("volume-removed", "volume-recreated", "key-removed", "job-removed"),
    *("image-moved", "name-taken", "port-taken"),
)
"""What is done by hand; drift.py does it."""

OF_TWO = ("needs", "shares-network", "swap-ports", "remove")
"""Changes for which there have to be two services."""

WITH = {"rollout": ("everything",)}
"""What is changed too, so that a change can be seen."""

SUITED: dict[str, Table] = {
    "port-taken": {"publish": ["@0:80"]},
    "swap-ports": {"publish": ["@0:80"]},
    "network-settings": {"networks": ["back", "default"]},
    "rollout": {"replicas": 2, "rollout": "stop-first", "volumes": [], "publish": []},
    "before_deploy": {"before_deploy": ["true"]},
    "job-removed": {"before_deploy": ["true"]},
    "scale-down": {"replicas": 3},
    "volume-removed": {"volumes": ["data:/srv"]},
    "volume-recreated": {"volumes": ["data:/srv"]},
    "key-removed": {"secrets": {"TOKEN": {"as": "env"}}},
}
"""What a service needs to have for a change or a drift to meet it."""


def _suit(manifest: Table, *kinds: str) -> None:
    for service in manifest["services"].values():
        for kind in kinds:
            service |= copy.deepcopy(SUITED.get(kind, {}))
    settle(manifest)
