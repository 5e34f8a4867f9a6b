"""The label in which an image records what it was made from, so that a later plan can name what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from shipyard.compile.spec import canonical
from shipyard.model.build import BuildPlan

LIMIT = 16_000
"""Characters. The engine repeats an image's labels for each of its containers in every listing."""


def inputs_label(plan: BuildPlan) -> str:
    """Facts and file digests; a tree too large for the label is folded into folders, deep ones first."""
    depths = sorted({path.count("/") + 1 for path in plan.files}, reverse=True)
    for depth in (0, *depths):
        text = canonical({"facts": plan.facts, "files": shortened(plan.files, depth), "depth": depth})
        if len(text) <= LIMIT:
            return text
    return canonical({"facts": {}, "files": {}, "depth": 0})


def shortened(files: Mapping[str, str], depth: int) -> dict[str, str]:
    """File digests of 12 digits each; with a depth, all below that many folders is one digest of its
    folder, whose name ends with a slash."""
    folded: dict[str, list[str]] = {}
    for path in sorted(files):
        parts = path.split("/")
        key = path if not depth or len(parts) <= depth else "/".join(parts[:depth]) + "/"
        folded.setdefault(key, []).append(f"{path}\0{files[path]}")
    return {
        key: files[key][:12] if key in files else hashlib.sha256("\n".join(entries).encode()).hexdigest()[:12]
        for key, entries in folded.items()
    }
