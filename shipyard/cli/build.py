"""`shipyard build`: make the images and stop there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipyard.cli.options import Folder, Instance, Services, Stage
from shipyard.errors import UsageError


def build(
    services: Services = None,
    stage: Stage = None,
    instance: Instance = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Push them to the manifest's registry.")] = False,
    attest: Annotated[
        bool,
        typer.Option("--attest", help="Push with a list of what is inside (SBOM) and with provenance."),
    ] = False,
    sbom_generator: Annotated[
        str | None,
        typer.Option("--sbom-generator", metavar="IMAGE", help="What makes the SBOM, for Buildx."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the pushed images' digests, for --images."),
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Build images, in parallel and with shared layers, and print their names.

    With --push: push them, once for all stages, and print their digests. What the registry has already
    is neither built nor pushed again. With --attest, and for several platforms, Buildx pushes an index that
    names the commit too.

    Example: shipyard build --push --out images.shipyard.json
    """
    from shipyard.cli.loading import load_project
    from shipyard.cli.services import known_services
    from shipyard.compile.builds import compile_builds
    from shipyard.compile.desired import image_owner
    from shipyard.engine.buildx import Progress, bake
    from shipyard.engine.connect import connect
    from shipyard.engine.secret_values import find_values
    from shipyard.engine.snapshot import snapshot
    from shipyard.reconcile.moved import unbuilt

    manifest = load_project(folder, stage, instance).manifest
    named = known_services(manifest, services)
    wanted = {image_owner(service) for service in manifest.services if service.name in named}
    plans = [plan for owner, (_, plan) in compile_builds(manifest).items() if owner in wanted]
    if not plans:
        raise UsageError("none of these services is built from source", hint="`shipyard explain` lists them")
    if push and manifest.registry is None:
        raise UsageError("no registry is declared to push to", hint='add registry = "..." to shipyard.toml')
    if out is not None and not push:
        raise UsageError("--out holds the digests of pushed images", hint="add --push")
    if attest and not push:
        raise UsageError("attestations are kept with an image that is pushed", hint="add --push")
    progress: Progress = "auto" if sys.stderr.isatty() else "plain"
    with connect(manifest.engine, os.environ) as connection:
        # Asked before Buildx is, so that an engine that is not there is said in our own words.
        seen = snapshot(connection, manifest, (plan.reference for plan in plans))
        here = plans if no_cache else unbuilt(plans, seen)
        names = {name for plan in (plans if push else here) for name in plan.secrets}
        secrets = find_values(manifest.root, manifest.stage, names, os.environ, manifest.provider).values
        if not push:
            if here:
                bake(connection, here, manifest.root, secrets, cache=not no_cache, progress=progress)
            named_after, made = [plan.tagged for plan in plans], here
        else:
            from shipyard.cli.pushing import push_images

            asked = attestations(sbom_generator) if attest else ()
            digests, made = push_images(
                *(connection, plans, here, manifest.root, secrets, asked, not no_cache, progress)
            )
            named_after = [f"{plan.tagged}@{digests[plan.tagged]}" for plan in plans]
    if out is not None:
        from shipyard.saved.images import write_images

        write_images(out, digests)
    for plan, name in zip(plans, named_after, strict=True):
        print(name + ("" if plan in made else "  (unchanged)"))


def attestations(sbom_generator: str | None) -> tuple[str, ...]:
    """As Buildx takes them (Docker's documentation of build attestations)."""
    sbom = f"type=sbom,generator={sbom_generator}" if sbom_generator else "type=sbom"
    return ("type=provenance,mode=max", sbom)
