"""From a source tree to the shortest manifest that works: pure but for reading the tree."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from shipyard.compile.decisions import DetectionError
from shipyard.compile.detect import Detection, detect
from shipyard.compile.uploads import upload_folder
from shipyard.model.manifest import Service
from shipyard.source import SourceTree
from shipyard.starter.backing import (
    VARIABLE,
    cache_notes,
    cache_variables,
    cache_wanted,
    database,
    database_service,
    database_variables,
)
from shipyard.starter.dockerfile import FILE, Told, port_of, python_of
from shipyard.starter.draft import Draft
from shipyard.starter.health import health_path
from shipyard.starter.migrations import migration
from shipyard.starter.processes import beside, own_command, release
from shipyard.starter.settings import all_reads

_KEY = re.compile(r"(?:[A-Z]+_)*SECRET(?:_KEY)?")


def guess(root: Path, new_secret: Callable[[], str], known: Mapping[str, str] | None = None) -> Draft:
    """The manifest of the project in `root`. `new_secret` makes a value for a generated secret; `known` are
    values that the project has had so far.

    Raises ShipyardError where nothing can be found out.
    """
    tree = SourceTree(root)
    found, by_dockerfile = _detected(tree)
    name = project_name(root, tree)
    reads = {read.name: read for read in all_reads(tree, ".")}
    packages = {package: one.extras for package, one in found.dependencies.packages.items()}
    django = found.detected.framework == "django"
    backing = database(packages, django=django)
    cache = cache_wanted(packages, reads)
    env: dict[str, str] = {}
    wanted: dict[str, dict[str, str]] = {name: {} for name in reads if _KEY.fullmatch(name)}
    values = known or {}
    secrets: dict[str, str | None] = {name: values.get(name) or new_secret() for name in wanted}
    if backing is not None:
        env, delivered = database_variables(reads, backing, name)
        wanted |= delivered
        secrets[VARIABLE] = new_secret()
    if cache:
        env |= cache_variables(reads)
    if found.detected.hosts_env is not None:
        env[found.detected.hosts_env] = "localhost,127.0.0.1"
    unknown = [one.name for one in reads.values() if one.required and one.name not in {*env, *wanted}]
    wanted |= {name: {} for name in unknown}
    secrets |= {name: values.get(name) for name in unknown}
    unknown = [name for name in unknown if name not in values]
    owner = "web" if found.detected.role == "web" else "worker"
    migrates = migration(tree, found, database=backing is not None)
    services = _services(owner, env, wanted, backing is not None, cache, migrates)
    services[owner] |= _health(tree, found)
    services[owner] |= {key: one.value for key, one in by_dockerfile.items()}
    uploads = upload_folder(found.application, "/app")
    if uploads is not None:
        services[owner]["volumes"] = [f"media:{uploads[0]}"]
    keys, told = own_command(tree, found, owner)
    before = release(tree)
    services[owner] = {**services[owner], **keys, **({"before_deploy": before} if before else {})}
    if "env" in keys:
        services[owner]["env"] = {**env, **dict(cast(dict[str, str], keys["env"]))}
    services |= beside(tree, found, owner)
    if backing is not None:
        services["db"] = database_service(backing, name)
    if cache:
        services["redis"] = {"image": "redis:7", "volumes": ["redis-data:/data"]}
    notes = [*found.detected.notes, *told, *(cache_notes(packages) if cache else ())]
    if unknown:
        notes.append(f"settings need {', '.join(unknown)}: fill in their values in .env.dev")
    if backing is not None and not any(VARIABLE in str(value) for value in (env, wanted)):
        url = f"{backing.scheme}://{name}:${{secret:{VARIABLE}}}@db/{name}"
        notes.append(
            f"the source reads no variable of a database that is known: have the settings read one, and add "
            f'it to env of {owner}: DATABASE_URL = "{url}"'
        )
    if values:
        taken = ", ".join(sorted(values.keys() & secrets.keys())) or "nothing"
        notes.append(f".env is not read by the stage dev, .env.dev is: taken from it: {taken}")
    if tree.is_file(FILE):
        notes.append(f'there is a Dockerfile, which is not used: build = {{ dockerfile = "{FILE}" }} does')
    return Draft(
        document={"name": name, "services": services, "stages": {"dev": {}}},
        comments={f"services.{owner}": _decisions(found, by_dockerfile)},
        secrets=secrets,
        notes=tuple(notes),
    )


def project_name(root: Path, tree: SourceTree) -> str:
    """The project's own name, else its folder's, in the letters that a manifest allows."""
    try:
        said = tomllib.loads(tree.text("pyproject.toml") or "").get("project", {}).get("name", "")
    except (tomllib.TOMLDecodeError, AttributeError):
        said = ""
    return re.sub(r"[^a-z0-9]+", "-", str(said or root.name).lower()).strip("-")[:40] or "app"


def _services(
    owner: str,
    env: dict[str, str],
    wanted: dict[str, dict[str, str]],
    database: bool,
    cache: bool,
    migrates: str | None,
) -> dict[str, dict[str, object]]:
    web: dict[str, object] = {}
    needs = [*(["db"] if database else []), *(["redis"] if cache else [])]
    if needs:
        web["needs"] = needs
    if env:
        web["env"] = env
    if wanted:
        web["secrets"] = wanted if any(wanted.values()) else list(wanted)
    if migrates is not None:
        web["before_deploy"] = migrates
    return {owner: web}


def _detected(tree: SourceTree) -> tuple[Detection, dict[str, Told]]:
    """What the source is; and the keys that its Dockerfile alone knows."""
    found, python, port = detect(Service(name="web", path="."), tree), python_of(tree), port_of(tree)
    keys: dict[str, Told] = {}
    if python is not None and any(
        one.subject == "python" and one.origin == "default" for one in found.detected.decisions
    ):
        with contextlib.suppress(DetectionError):  # not one that the project's own range allows
            found = detect(Service(name="web", path=".", python=str(python.value)), tree)
            keys["python"] = python
    if port is not None and found.detected.port not in (None, port.value):
        keys["port"] = port
    return found, keys


def _health(tree: SourceTree, found: Detection) -> dict[str, object]:
    path = health_path(tree, found.application) if found.detected.health is None else None
    return {} if path is None else {"health": path}


def _decisions(found: Detection, by_dockerfile: Mapping[str, Told]) -> tuple[str, ...]:
    told = {
        one.subject: (one.value, one.evidence)
        for one in found.detected.decisions
        if one.subject in ("framework", "app", "server", "python")
    }
    told |= {subject: (str(one.value), one.evidence) for subject, one in by_dockerfile.items()}
    return tuple(f"{subject} {value} ({evidence})" for subject, (value, evidence) in told.items())
