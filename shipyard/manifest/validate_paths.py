"""Paths of the source tree: inside the project's folder, also by symlink, and there."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import Literal

from shipyard.manifest.errors import Invalid, Problems
from shipyard.model.manifest import Manifest, Service
from shipyard.model.record import replace

Kind = Literal["folder", "file", "any"]


def validate_paths(manifest: Manifest, problems: Problems) -> Manifest:
    """Check every path; they come back normalised: no ./ and no trailing slash."""
    root = Path(os.path.realpath(manifest.root))
    services = tuple(_service(root, service, problems) for service in manifest.services)
    authorities = manifest.ca_certificates
    if authorities is not None:
        try:
            authorities = confined(root, authorities, "file")
        except Invalid as error:
            problems.add_invalid(("ca_certificates",), error)
    return replace(manifest, services=services, ca_certificates=authorities)


def confined(root: Path, text: str, kind: Kind) -> str:
    """`text` normalised, a POSIX path relative to `root` (resolved). Raises Invalid."""
    if text.startswith("/"):
        raise Invalid(f"{text!r} is an absolute path", "write it relative to the folder of shipyard.toml")
    path = posixpath.normpath(text)
    if path == ".." or path.startswith("../"):
        raise Invalid(f"{text!r} is outside of the project", "it must be in the folder of shipyard.toml")
    try:
        # realpath with strict=False follows what exists and never fails on what does not.
        real = Path(os.path.realpath(root / text))
        exists, folder = real.exists(), real.is_dir()
    except OSError as error:
        raise Invalid(f"{text!r}: {error.strerror}", "name a path that can be read") from None
    if not real.is_relative_to(root):
        raise Invalid(
            f"{text!r} leaves the project by a symlink, to {real}",
            "it must be in the folder of shipyard.toml",
        )
    if kind == "any":
        return path
    if not exists:
        raise Invalid(f"there is no {kind} {text!r}", "paths are relative to the folder of shipyard.toml")
    if folder != (kind == "folder"):
        raise Invalid(f"{text!r} is not a {kind}", f"name a {kind}")
    return path


def _service(root: Path, service: Service, problems: Problems) -> Service:
    at = ("services", service.name)

    def checked(text: str | None, kind: Kind, *key: str | int) -> str | None:
        if text is None:
            return None
        try:
            return confined(root, text, kind)
        except Invalid as error:
            problems.add_invalid((*at, *key), error)
            return None

    path = checked(service.path, "folder", "path")
    context = checked(service.context, "folder", "context")
    build = replace(
        service.build, dockerfile=checked(service.build.dockerfile, "file", "build", "dockerfile")
    )
    if build.frontend is not None:
        front = checked(build.frontend.path, "folder", "build", "frontend", "path")
        build = replace(build, frontend=replace(build.frontend, path=front))
    if path is not None and context is not None:
        inner, outer = os.path.realpath(root / path), os.path.realpath(root / context)
        if not Path(inner).is_relative_to(outer):
            problems.add(
                (*at, "context"), f"the context {context!r} does not contain the path {path!r}", 'try "."'
            )
    for mount in service.volumes:
        if mount.kind == "bind" and mount.source is not None and not mount.source.startswith("/"):
            checked(mount.source, "any", "volumes")
    return replace(service, path=path, context=context, build=build)
