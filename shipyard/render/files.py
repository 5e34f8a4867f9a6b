"""What `render` writes."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired, SecretVolume
from shipyard.targets.compose.command import model_text, yaml_json
from shipyard.targets.compose.model import compose_model, secret_labels


class RenderRefused(ShipyardError):
    """A file there was not written by render."""


MARK = "made by `shipyard render`"
APPLIED = "compose.applied.json"


def rendered_files(desired: Desired, target: Path, *, applied: bool) -> dict[str, str]:
    """Texts by file name. Paths inside are relative to `target`, so that the folder can be committed."""
    files: dict[str, str] = {}
    for plan in desired.images:
        name = f"{plan.service}.Dockerfile"
        files[name] = plan.dockerfile if applied else f"# {MARK}\n{plan.dockerfile}"
        files[f"{name}.dockerignore"] = plan.dockerignore if applied else f"# {MARK}\n{plan.dockerignore}"
    if applied:
        files[APPLIED] = model_text(compose_model(desired))
    else:
        files["compose.yaml"] = _portable(desired, target)
    return files


def _portable(desired: Desired, target: Path) -> str:
    model = compose_model(desired, "portable")
    services = model["services"]
    assert isinstance(services, dict)
    root = desired.manifest.root
    for plan in desired.images:
        context = root / plan.context
        # In one service alone: Compose labels an image with who builds it, and two builders of one tag would
        # take it from each other with each `up --build`.
        services[plan.service] = {
            "build": {
                "context": _relative(context, target),
                "dockerfile": _relative(target.absolute() / f"{plan.service}.Dockerfile", context),
                "args": {"SOURCE_DATE_EPOCH": "315532800"},
                **({"secrets": list(plan.secrets)} if plan.secrets else {}),
            },
            **services[plan.service],
        }
    building = sorted({name for plan in desired.images for name in plan.secrets})
    if building:
        model["secrets"] = {name: {"environment": name} for name in building}
    head = [
        f"# {MARK}; run it from anywhere with",
        "#   docker compose -f compose.yaml up -d",
    ]
    if desired.images:
        head += [
            "# With --build, set BUILDX_NO_DEFAULT_ATTESTATIONS=1: else each build is another image, and its",
            "# containers are replaced for nothing.",
        ]
    names = sorted({name for spec in desired.services for name in spec.secrets}.union(building))
    if names:
        head.append(f"# Set these in the environment or with --env-file: {', '.join(names)}")
    for job in desired.jobs:
        head += [
            f"# Before {job.service} is updated, run what before_deploy says:",
            f"#   docker compose -f compose.yaml run --rm {job.service} {shlex.join(job.command)}",
        ]
    for volume in desired.secret_volumes:
        head += [
            f"# The secret files of {volume.service} are in a volume filled by `shipyard apply`, or by:",
            f"#   {_filling(volume, desired)}",
        ]
    return "\n".join(head) + "\n" + yaml_text(model)


def _filling(volume: SecretVolume, desired: Desired) -> str:
    """The command that makes a secret volume as apply does: mode 0400, of the service's user, and with the
    labels by which `down --volumes` finds it."""
    spec = desired.service(volume.service)
    plan = next((one for one in desired.images if one.service == spec.built), None)
    # Without a shell the image cannot fill it itself.
    image = plan.base if plan is not None and plan.base and plan.facts.get("distroless") else spec.image
    marks = " ".join(f"--label {name}={value}" for name, value in secret_labels(desired, volume).items())
    sources = sorted({file.source for file in volume.files})
    lines = [f'printf %s "${file.source}" > /s/{file.name}' for file in volume.files]
    script = " && ".join(["umask 377", *lines, f"chown {volume.uid}:{volume.gid} /s/*"])
    words = ["docker run --rm --user 0 --entrypoint sh", *(f"-e {source}" for source in sources)]
    return (
        f"docker volume create {marks} {volume.name} && {' '.join(words)} -v {volume.name}:/s {image} "
        f"-c '{script}'"
    )


def _relative(path: Path, start: Path) -> str:
    return os.path.relpath(path.absolute(), start.absolute())


def yaml_text(value: object, indent: int = 0) -> str:
    """Block-style YAML. Scalars are written as JSON, which YAML 1.2 includes; keys likewise when they
    hold more than letters, digits and ._-/ ."""
    pad = "  " * indent
    lines = []
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            lines.append(f"{pad}{_key(str(key))}:{_value(item, indent)}")
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, Mapping | list) and item:
                nested = yaml_text(item, indent + 1).lstrip(" ")
                lines.append(f"{pad}- {nested.rstrip()}")
            else:
                lines.append(f"{pad}- {_scalar(item)}")
    else:
        lines.append(f"{pad}{_scalar(value)}")
    return "\n".join(lines) + "\n"


def _value(item: object, indent: int) -> str:
    if isinstance(item, Mapping | list) and item:
        return "\n" + yaml_text(item, indent + 1).rstrip("\n")
    return "" if item is None else f" {_scalar(item)}"


def _scalar(value: object) -> str:
    text = yaml_json(value)
    if isinstance(value, float):
        # YAML 1.1, which others than Compose still read by, knows no number like 1e5.
        text = re.sub(r"^(-?[0-9]+)e", r"\1.0e", text)
    return text


def _key(text: str) -> str:
    plain = text.replace("_", "a").replace("-", "a").replace(".", "a").replace("/", "a")
    reserved = text.lower() in ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~")
    return (
        text if plain.isalnum() and plain.isascii() and not reserved and text[0].isalpha() else _scalar(text)
    )


def write_files(target: Path, files: Mapping[str, str]) -> list[Path]:
    """Write all files; nothing is overwritten that render did not make. Raises RenderRefused."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        # What --applied writes has no room for a mark: the model beside it tells whose folder it is.
        applied_before = (target / APPLIED).exists()
        for name, text in files.items():
            path = target / name
            if not path.exists() or (MARK not in text and applied_before):
                continue
            if MARK not in path.read_text("utf-8", "replace")[:200]:
                raise RenderRefused(
                    f"{path} is there and was not made by `shipyard render`",
                    hint="render into another folder",
                )
        for name, text in files.items():
            (target / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RenderRefused(f"cannot write there: {error.strerror}", where=str(target)) from error
    return [target / name for name in files]
