"""`shipyard observe`: what runs, into a file, for a plan made elsewhere. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Stage


def observe(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")],
    stage: Stage = None,
    instance: Instance = None,
    folder: Folder = Path(),
) -> None:
    """Write what runs to a file, so that `plan --observed FILE` needs no engine: in a pull request's job.

    Example: shipyard observe --stage prod --out prod.shipyard.json
    """
    from shipyard.cli.loading import load_project
    from shipyard.cli.project import observe as observed
    from shipyard.compile.builds import compile_builds
    from shipyard.saved.observed import Observation, write_observation

    manifest = load_project(folder, stage, instance).manifest
    with observed(manifest, compile_builds(manifest)) as seen:
        digests = {name: digest for spec in seen.desired.services for name, digest in spec.secrets.items()}
        known = {name: digest for name, digest in digests.items() if digest is not None}
        write_observation(out, manifest, Observation(observed=seen.observed, secrets=known, found=seen.found))
