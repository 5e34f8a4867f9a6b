"""From a source tree to the shortest manifest that works: pure but for reading the tree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shipyard.compile.detect import Detection
from shipyard.compile.uploads import upload_folder
from shipyard.source import SourceTree
from shipyard.starter.backing import (
    VARIABLE,
    Database,
    cache_notes,
    cache_variables,
    cache_wanted,
    database,
    database_service,
    database_variables,
)
from shipyard.starter.choices import choice_notes
from shipyard.starter.dockerfile import FILE, Told
from shipyard.starter.draft import Draft
from shipyard.starter.health import health_path
from shipyard.starter.migrations import migration
from shipyard.starter.places import Place, find_places
from shipyard.starter.processes import beside, own_command, release

_KEY = re.compile(r"(?:[A-Z]+_)*SECRET(?:_KEY)?")


def guess(root: Path, new_secret: Callable[[], str], known: Mapping[str, str] | None = None) -> Draft:
    """The manifest of the project in `root`. `new_secret` makes a value for a generated secret; `known` are
    values that the project has had so far.

    Raises ShipyardError where nothing can be found out.
    """
    tree, values = SourceTree(root), known or {}
    name = project_name(root, tree)
    places, told = find_places(root, tree)
    backings = [database(place.packages, django=place.django) for place in places]
    backing = next((one for one in backings if one is not None), None)
    asked = [_asked(place, name, own, backing) for place, own in zip(places, backings, strict=True)]
    secrets: dict[str, str | None] = {}
    services: dict[str, dict[str, object]] = {}
    notes = list(told)
    for place, own in zip(places, backings, strict=True):
        if own is not None and backing is not None and own.image != backing.image:
            notes.append(
                f"{place.name} asks for {own.image}, and db is {backing.image}: add a service of its own"
            )
    for place, one in zip(places, asked, strict=True):
        services |= _services(place, one, services.keys())
        secrets |= {key: secrets.get(key) or values.get(key) or new_secret() for key in one.generated}
        secrets |= {key: values.get(key) for key in one.unknown if key not in secrets}
        notes += _notes(place, one, name)
    if backing is not None:
        secrets[VARIABLE] = new_secret()
        services["db"] = database_service(backing, name)
    if any(one.cache for one in asked):
        services["redis"] = {"image": "redis:7", "volumes": ["redis-data:/data"]}
    unknown = [key for key, value in secrets.items() if value is None]
    if unknown:
        notes.append(f"settings need {', '.join(unknown)}: fill in their values in .env.dev")
    if values:
        taken = ", ".join(sorted(values.keys() & secrets.keys())) or "nothing"
        notes.append(f".env is not read by the stage dev, .env.dev is: taken from it: {taken}")
    return Draft(
        document={"name": name, "services": services, "stages": {"dev": {}}},
        comments={f"services.{place.name}": _decisions(place.found, place.told) for place in places},
        secrets=secrets,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a place asks for: `env` and `secrets` as a service has them, `generated` names of secrets that
    are made, `unknown` of those that only their owner knows."""

    backing: Database | None
    cache: bool
    env: dict[str, str]
    secrets: dict[str, dict[str, str]]
    generated: tuple[str, ...]
    unknown: tuple[str, ...]


def _asked(place: Place, name: str, own: Database | None, shared: Database | None) -> Asked:
    """`own` is the database that its packages ask for, `shared` that of the project."""
    reads = place.reads
    backing = own or (shared if shared and any(database_variables(reads, shared, name)) else None)
    cache = cache_wanted(place.packages, reads)
    generated = tuple(read for read in reads if _KEY.fullmatch(read))
    env: dict[str, str] = {}
    secrets: dict[str, dict[str, str]] = {read: {} for read in generated}
    if backing is not None:
        env, delivered = database_variables(reads, backing, name)
        secrets |= delivered
    if cache:
        env |= cache_variables(reads)
    if place.found.detected.hosts_env is not None:
        env[place.found.detected.hosts_env] = "localhost,127.0.0.1"
    unknown = tuple(one.name for one in reads.values() if one.required and one.name not in {*env, *secrets})
    secrets |= {read: {} for read in unknown}
    return Asked(backing=backing, cache=cache, env=env, secrets=secrets, generated=generated, unknown=unknown)


def _services(place: Place, asked: Asked, taken: Collection[str]) -> dict[str, dict[str, object]]:
    """The place's own service, and those beside it in its image."""
    owner, found = place.name, place.found
    own: dict[str, object] = {"path": place.folder} if place.folder != "." else {}
    needs = [*(["db"] if asked.backing is not None else []), *(["redis"] if asked.cache else [])]
    keys, _ = own_command(place.tree, found, owner)
    env = {**asked.env, **dict(cast(dict[str, str], keys.get("env", {})))}
    before = release(place.tree) or migration(place.tree, found, database=asked.backing is not None)
    if needs:
        own["needs"] = needs
    if asked.env:
        own["env"] = asked.env
    if asked.secrets:
        own["secrets"] = asked.secrets if any(asked.secrets.values()) else list(asked.secrets)
    if before:
        own["before_deploy"] = before
    own |= _health(place) | {key: one.value for key, one in place.told.items()}
    uploads = upload_folder(found.application, "/app" if place.folder == "." else f"/app/{place.folder}")
    if uploads is not None:
        own["volumes"] = [f"media:{uploads[0]}"]
    own |= {**keys, **({"env": env} if env else {})}
    others = beside(place.tree, found, owner)
    return {owner: own} | {
        f"{owner}-{name}" if name in taken else name: service for name, service in others.items()
    }


def _notes(place: Place, asked: Asked, name: str) -> Iterator[str]:
    _, told = own_command(place.tree, place.found, place.name)
    yield from place.found.detected.notes
    yield from told
    yield from choice_notes(place.tree, place.name)
    yield from cache_notes(place.packages) if asked.cache else ()
    if asked.backing is not None and not any(VARIABLE in str(value) for value in (asked.env, asked.secrets)):
        url = f"{asked.backing.scheme}://{name}:${{secret:{VARIABLE}}}@db/{name}"
        yield (
            f"the source reads no variable of a database that is known: have the settings read one, and add "
            f'it to env of {place.name}: DATABASE_URL = "{url}"'
        )
    if place.tree.is_file(FILE):
        yield f'there is a Dockerfile, which is not used: build = {{ dockerfile = "{FILE}" }} does'


def project_name(root: Path, tree: SourceTree) -> str:
    """The project's own name, else its folder's, in the letters that a manifest allows."""
    try:
        said = tomllib.loads(tree.text("pyproject.toml") or "").get("project", {}).get("name", "")
    except (tomllib.TOMLDecodeError, AttributeError):
        said = ""
    return re.sub(r"[^a-z0-9]+", "-", str(said or root.name).lower()).strip("-")[:40] or "app"


def _health(place: Place) -> dict[str, object]:
    if place.found.detected.health is not None:
        return {}
    path = health_path(place.tree, place.found.application)
    return {} if path is None else {"health": path}


def _decisions(found: Detection, by_dockerfile: Mapping[str, Told]) -> tuple[str, ...]:
    told = {
        one.subject: (one.value, one.evidence)
        for one in found.detected.decisions
        if one.subject in ("framework", "app", "server", "python")
    }
    told |= {subject: (str(one.value), one.evidence) for subject, one in by_dockerfile.items()}
    return tuple(f"{subject} {value} ({evidence})" for subject, (value, evidence) in told.items())
