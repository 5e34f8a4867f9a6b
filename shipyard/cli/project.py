"""What most commands begin with, once the manifest is loaded: compile, observe."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shipyard.cli.addresses import is_address
from shipyard.cli.checking import problems_here
from shipyard.cli.services import known_services
from shipyard.compile import labels
from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import Builds, compile_desired
from shipyard.compile.storage import key_volume
from shipyard.compile.subset import subset
from shipyard.engine.connect import Connection, connect
from shipyard.engine.secret_values import (
    FoundSecrets,
    SecretValues,
    find_values,
    keyed_digests,
    of_stage,
    secrets_in_urls,
    unencoded_in_urls,
)
from shipyard.engine.snapshot import snapshot
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.observed import Engine, Observed
from shipyard.model.plan import BuildImage, CreateService, Plan, ReplaceService, RunJob, ScaleService
from shipyard.model.record import Record, replace
from shipyard.reconcile.moved import unbuilt
from shipyard.reconcile.ports import taken_by_processes
from shipyard.reconcile.reconcile import reconcile

if TYPE_CHECKING:
    from collections.abc import Sequence

NOWHERE = Engine(id="", name="", version="", address="", local=False)


class Scope(Record):
    """What of a deployment is looked at: `targets` are services, with what they need (all when empty);
    `replaced` those whose containers are replaced without a need."""

    targets: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


ALL = Scope()
STARTING = 1.0
"""Seconds after which a container that is started is seen as running."""


class Observation(Record):
    """One look at the engine with everything that was compiled for it."""

    connection: Connection
    observed: Observed
    desired: Desired
    values: SecretValues
    key: str | None
    scope: Scope

    def plan(self) -> Plan:
        """What would have to happen, with where the secrets' values were found."""
        made = reconcile(
            self.desired,
            self.observed,
            partial=bool(self.scope.targets),
            replace=frozenset(self.scope.replaced),
        )
        made = _told_of_secrets(made, self.desired, self.found)
        here = problems_here(self.desired, started(made), self.connection, self.values.values)
        return replace(made, problems=(*made.problems, *here))

    @property
    def found(self) -> FoundSecrets:
        """What is known of the secrets' values without the values."""
        names = {name for spec in self.desired.services for name in spec.secrets}
        names |= {name for plan in self.desired.images for name in plan.secrets}
        services = [spec.name for spec in self.desired.services]
        in_urls = {name for _, _, name in secrets_in_urls(self.desired, services)}
        return FoundSecrets(
            sources={name: self.values.sources.get(name) for name in sorted(names)},
            looked_in=self.values.looked_in,
            unencoded=tuple(sorted(in_urls & self.values.unencoded)),
        )


def _told_of_secrets(made: Plan, desired: Desired, found: FoundSecrets) -> Plan:
    """A plan with where its secrets' values are, and which of them apply will miss or a URL will break on."""
    starting = started(made)
    wanted = {name for service in starting for name in desired.service(service).secrets}
    missing = sorted(name for name in wanted if name in found.sources and found.sources[name] is None)
    looked = " and ".join(found.looked_in)
    stage = of_stage(desired.manifest)
    told = tuple(
        f"secret {name} has no value in {looked}: apply needs it; "
        f"`shipyard secret set {name}{stage}` gives it one"
        + ("" if is_address(name) else f", `shipyard secret generate {name}{stage}` a random one")
        for name in missing
    )
    references = {one.reference for one in made.operations if isinstance(one, BuildImage)}
    downloads = {name for one in desired.images if one.reference in references for name in one.secrets}
    absent = sorted(name for name in downloads if found.sources.get(name) is None)
    told += tuple(f"secret {name} has no value in {looked}: the build needs it" for name in absent)
    told += unencoded_in_urls(desired, starting, found.unencoded)
    used = {name for spec in desired.services for name in spec.secrets}
    places = tuple(sorted((name, place) for name, place in found.sources.items() if place and name in used))
    return replace(made, notes=(*told, *made.notes), secret_sources=places)


def recorded_key(manifest: Manifest, observed: Observed) -> str | None:
    """The key of the deployment's secret digests, from the label of its volume."""
    name = key_volume(manifest.deployment)
    found = next((one for one in observed.volumes if one.name == name and one.owned), None)
    return found.labels.get(labels.KEY) if found is not None else None


def started(plan: Plan) -> tuple[str, ...]:
    """Services of which a container will be made or a job run: they need their secrets' values."""
    kinds = (CreateService, ReplaceService, ScaleService, RunJob)
    return tuple(dict.fromkeys(one.name for one in plan.operations if isinstance(one, kinds)))


@contextlib.contextmanager
def observe(
    manifest: Manifest,
    builds: Builds,
    *,
    fallback_key: str | None = None,
    scope: Scope = ALL,
    ask: bool = True,
    connection: Connection | None = None,
) -> Iterator[Observation]:
    """Connect, unless there is a connection, take the snapshot, and compile the desired state with the
    secrets' digests.

    `fallback_key` is used where the engine has none: by apply, which will record it, and by plan, which
    shows no digest. `ask`: a provider of secrets is asked for what is nowhere else; without that those are
    not compared.
    """
    made = contextlib.nullcontext(connection) if connection else connect(manifest.engine, os.environ)
    with made as opened:
        yield look(opened, manifest, builds, fallback_key=fallback_key, scope=scope, ask=ask)


def look(
    connection: Connection,
    manifest: Manifest,
    builds: Builds,
    *,
    fallback_key: str | None = None,
    scope: Scope = ALL,
    ask: bool = True,
) -> Observation:
    """One snapshot over an open connection."""
    draft = _desired(manifest, builds, {}, scope)
    images = [spec.image for spec in draft.services]
    observed = snapshot(connection, manifest, images)
    if any(taken_by_processes(draft, observed)):
        # Unless it is a container's, which has only just been started.
        time.sleep(STARTING)
        observed = snapshot(connection, manifest, images)
    names = {name for spec in draft.services for name in spec.secrets}
    downloads = {name for plan in unbuilt(draft.images, observed) for name in plan.secrets}
    provider = manifest.provider if ask else ()
    values = find_values(manifest.root, manifest.stage, names | downloads, os.environ, provider)
    recorded = recorded_key(manifest, observed)
    key = recorded or fallback_key
    digests: Mapping[str, str] = {}
    if key is not None:
        given = {name: value for name, value in values.values.items() if name in names}
        digests = keyed_digests(key, manifest.name, manifest.stage, given)
    return Observation(
        connection=connection,
        observed=observed,
        desired=_desired(manifest, builds, digests, scope) if digests else draft,
        values=values,
        key=None if recorded else fallback_key,
        scope=scope,
    )


def planned_elsewhere(
    manifest: Manifest, builds: Builds, path: Path, scope: Scope = ALL
) -> tuple[Desired, Plan]:
    """The plan over a saved observation. Raises SavedFileError."""
    from shipyard.saved.observed import read_observation

    seen = read_observation(path, manifest)
    desired = _desired(manifest, builds, seen.secrets, scope)
    partial, replaced = bool(scope.targets), frozenset(scope.replaced)
    made = reconcile(desired, seen.observed, partial=partial, replace=replaced)
    return desired, _told_of_secrets(made, desired, seen.found)


def _desired(manifest: Manifest, builds: Builds, digests: Mapping[str, str], scope: Scope) -> Desired:
    whole = compile_desired(manifest, builds, digests)
    return subset(whole, scope.targets) if scope.targets else whole


def offline_plan(manifest: Manifest) -> tuple[Desired, Plan]:
    """The plan of a first apply, without an engine."""
    desired = compile_desired(manifest, compile_builds(manifest))
    # An engine that no stage names is taken for the one of this machine.
    engine = replace(NOWHERE, local=manifest.engine is None or manifest.engine.startswith("unix://"))
    plan = reconcile(desired, Observed(engine=engine))
    return desired, replace(plan, engine=None)


def scope_of(manifest: Manifest, services: Sequence[str] | None, replaced: Sequence[str] | None) -> Scope:
    """Raises UsageError for a service that is not declared."""
    return Scope(
        targets=known_services(manifest, services) if services else (),
        replaced=known_services(manifest, replaced) if replaced else (),
    )
