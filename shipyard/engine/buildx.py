"""Builds through Buildx: one bake call for all images, so that they share layers and run in parallel."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from shipyard.compile import labels
from shipyard.compile.base_stages import TOOL
from shipyard.compile.inputs import inputs_label
from shipyard.diagnosis.build import build_findings
from shipyard.engine.build_progress import KEPT, BuildProgress
from shipyard.engine.connect import Connection
from shipyard.engine.installer import installer_folder, takes_installer
from shipyard.engine.leash import on_leash
from shipyard.engine.objects import Objects
from shipyard.engine.refusals import registry_hint
from shipyard.errors import ShipyardError
from shipyard.model.build import BuildPlan
from shipyard.model.record import Record
from shipyard.source import SourceTree, parse_ignore

EPOCH = "315532800"
"""1980-01-01: a constant SOURCE_DATE_EPOCH, so that the same inputs give the same image."""

GIVEN = "SHIPYARD_BUILD_"
"""Before the name of the variable by which Buildx is handed a secret: none of its own is overwritten."""
_RACE = re.compile(r": already exists|parent snapshot \S+ does not exist")
"""What containerd's image store says when two builds name the same image at once, or one of them clears away
what the other builds on."""
_VARIABLES = {
    # With attestations an image's digest holds the time, and two builds are never the same.
    "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
    # The engine's own builder: others may not load images into it.
    "BUILDX_BUILDER": "default",
}


Progress = Literal["auto", "plain"]
"""Buildx's own display, on a terminal, or a line a step."""


class BuildFailed(ShipyardError):
    """Buildx ended with an error; its own output has named the step."""


class SourceEdited(BuildFailed):
    """The source was edited since it was planned, or while it was built."""


class Publication(Record):
    """Images that Buildx hands to their registry by itself, as an index of one image a platform, and that
    the engine does not keep: with `attestations` as Buildx takes them, such as type=provenance,mode=max,
    and annotations of the index, which change no image."""

    attestations: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()

    def options(self, plan: BuildPlan) -> dict[str, object]:
        """The keys of its bake target (Docker's Bake file reference)."""
        return {
            "output": ["type=image,push=true,store=false,oci-mediatypes=true"],
            "platforms": list(plan.platforms),
            "attest": list(self.attestations),
            "annotations": [_literal(f"index:{key}={value}") for key, value in self.annotations],
        }


def bake_definition(
    plans: Sequence[BuildPlan],
    root: Path,
    folder: Path,
    publication: Publication | None = None,
    installer: Path | None = None,
) -> dict[str, object]:
    """The bake file for some build plans, their Dockerfiles written to `folder`. `installer` is the folder
    that stands in for the recipe's stage of that name, None where it is made by the build.

    Dollar signs are doubled: bake interpolates in JSON too.
    """
    targets: dict[str, dict[str, object]] = {}
    for plan in plans:
        dockerfile = folder / f"{plan.service}.Dockerfile"
        dockerfile.write_text(plan.dockerfile, encoding="utf-8")
        # BuildKit reads the ignore file beside the Dockerfile before the context's own.
        ignore = folder / f"{plan.service}.Dockerfile.dockerignore"
        ignore.write_text(plan.dockerignore, encoding="utf-8")
        targets[plan.service] = {
            "context": _literal(str(root / plan.context)),
            "dockerfile": _literal(str(dockerfile)),
            "tags": [plan.reference],
            "args": {"SOURCE_DATE_EPOCH": EPOCH},
            "labels": {
                labels.INPUTS: _literal(inputs_label(plan)),
                labels.RECIPE: plan.recipe,
                labels.IMAGE: plan.repository,
            },
            **({"secret": [_secret(name) for name in plan.secrets]} if plan.secrets else {}),
            **(publication.options(plan) if publication else {}),
        }
        if installer is not None and takes_installer(plan) and not (publication and plan.platforms):
            targets[plan.service]["contexts"] = {TOOL: _literal(str(installer))}
    return {"group": {"default": {"targets": sorted(targets)}}, "target": targets}


def _secret(name: str) -> str:
    """As Buildx takes one whose value a variable holds."""
    return f"type=env,id={name},env={GIVEN}{name}"


def _literal(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def bake(
    connection: Connection,
    plans: Sequence[BuildPlan],
    root: Path,
    secrets: Mapping[str, str],
    *,
    cache: bool = True,
    progress: Progress = "auto",
    publication: Publication | None = None,
) -> None:
    """Build images, and load them into the engine or publish them; progress goes to standard error as it
    happens: Buildx's own on a terminal, else a line a step. `secrets` has the values of those that builds
    name. Raises BuildFailed, and SourceEdited: a tag says what an image is made of."""
    variables = {**_VARIABLES, **_secret_variables(plans, secrets)}
    sent = {plan.service: _sent(plan, root) for plan in plans}
    _refuse_edited({plan.service: dict(plan.files.items() - sent[plan.service].items()) for plan in plans})
    with tempfile.TemporaryDirectory(prefix="shipyard-") as name:
        folder = Path(name)
        file = folder / "bake.json"
        definition = bake_definition(plans, root, folder, publication, installer_folder(connection))
        file.write_text(json.dumps(definition), encoding="utf-8")
        try:
            # Bake asks for leave to read files outside its working folder; all paths here are absolute.
            with contextlib.chdir("/"):
                build = _on_terminal if progress == "auto" else _step_by_step
                build(connection, file, variables, cache, load=publication is None)
        except BuildFailed as error:
            raise BuildFailed(
                f"building {', '.join(plan.service for plan in plans)} failed{error.title}",
                details=error.details,
                hint=f"{error.hint or ''}`shipyard render DIR` writes the Dockerfile it comes from",
            ) from error
    after = {plan.service: _sent(plan, root) for plan in plans}
    edited = {name: dict(sent[name].items() ^ after[name].items()) for name in sent}
    if any(edited.values()) and publication is None:
        # Its tag says what an image is made of.
        objects = Objects(connection)
        for plan in plans:
            if edited[plan.service]:
                objects.remove_image(plan.tagged)
        objects.close()
    _refuse_edited(edited)


def _secret_variables(plans: Sequence[BuildPlan], secrets: Mapping[str, str]) -> dict[str, str]:
    """What Buildx reads them from. Raises BuildFailed for those without a value."""
    names = list(dict.fromkeys(name for plan in plans for name in plan.secrets))
    missing = [name for name in names if not secrets.get(name)]
    if missing:
        users = [plan.service for plan in plans if set(missing) & set(plan.secrets)]
        raise BuildFailed(
            f"building {', '.join(users)} needs a value for {', '.join(missing)}",
            where=", ".join(f"services.{user}.build.secrets" for user in users),
            hint=f"`shipyard secret set {missing[0]}` for its stage, or set it in the environment",
        )
    return {f"{GIVEN}{name}": secrets[name] for name in names}


def _sent(plan: BuildPlan, root: Path) -> Mapping[str, str]:
    """Digests of what of the build context is sent, as it is now."""
    return SourceTree(root).digests(plan.context, parse_ignore(plan.dockerignore))


def _refuse_edited(edited: Mapping[str, Mapping[str, str]]) -> None:
    """`edited` are the files of each service that are no longer as they were."""
    services = [name for name, files in edited.items() if files]
    if services:
        files = sorted({file for name in services for file in edited[name]})
        raise SourceEdited(
            f"the source of {', '.join(services)} was edited while it was built",
            details=(", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else ""),),
            hint="run it again; what a command writes there meanwhile, such as its own output, .dockerignore "
            "keeps out",
        )


def _on_terminal(
    connection: Connection, file: Path, variables: dict[str, str], cache: bool, load: bool
) -> None:
    from python_on_whales import DockerClient
    from python_on_whales.exceptions import DockerException

    tls = connection.certificates.options() if connection.certificates else {}
    docker = DockerClient(client_call=["docker"], host=connection.url, **tls)
    try:
        docker.buildx.bake(files=[str(file)], load=load, cache=cache, progress="auto", variables=variables)
    except DockerException as error:
        raise BuildFailed("", hint="the step that failed and its output are above; ") from error


def _step_by_step(
    connection: Connection, file: Path, variables: dict[str, str], cache: bool, load: bool
) -> None:
    command = ["docker", "buildx", "bake", "--file", str(file), "--progress", "rawjson"]
    command += [*(["--load"] if load else []), *([] if cache else ["--no-cache"])]
    environment = {**connection.environment(os.environ), **variables}
    read = _told(command, environment)
    if read.failed is not None and _RACE.search(read.failed.error):
        # Of another build in the meantime: what that was about is over, and the steps are cached.
        read = _told(command, environment)
    if read.code == 0:
        return
    failed = read.failed
    if failed is None:
        raise BuildFailed("", details=tuple(f"| {line}" for line in read.other[-KEPT:]))
    lines = failed.output or (failed.error,)
    base = failed.name.partition(_ASKS)[2]
    hint = f"{registry_hint(base, failed.error)}; " if base else None
    if any("exec format error" in line for line in lines):
        hint = "that platform is not this machine's: install its emulation (binfmt_misc), or build there; "
    found = build_findings((*lines, failed.error))
    told = tuple(f"why: {finding.cause}" for finding in found)
    hint = hint or "".join(f"{finding.hint}; " for finding in found) or None
    shown = tuple(f"| {line}" for line in lines)
    raise BuildFailed(f" at {failed.name}", details=(*shown, *told), hint=hint)


_ASKS = "load metadata for "
"""A step of BuildKit's: it asks the registry for what an image is made from."""


def _told(command: list[str], environment: dict[str, str]) -> BuildProgress:
    """Run a build, and show its steps as they are done."""
    read = BuildProgress()
    try:
        leashed = on_leash(command, environment)
    except FileNotFoundError:
        raise BuildFailed(
            ": the docker command is not installed", hint="install it with its Buildx plugin; "
        ) from None
    with subprocess.Popen(
        leashed,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            for shown in read.read(line):
                print(shown, file=sys.stderr, flush=True)
    read.code = process.returncode
    return read
