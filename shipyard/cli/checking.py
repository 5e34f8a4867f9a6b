"""What would make an apply fail and only this machine can tell: its folders, its Compose."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping

from shipyard.engine.connect import Connection
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.plan import Problem


def problems_here(
    desired: Desired, starting: tuple[str, ...], connection: Connection, values: Mapping[str, str]
) -> Iterator[Problem]:
    """Of the services that would be started; `values` are the secrets', by source name. Reads only."""
    specs = [desired.service(name) for name in starting]
    if connection.local:
        yield from _absent_folders(desired, specs)
    if any(spec.compose for spec in specs):
        yield from _not_composed(desired, connection, values)


def _absent_folders(desired: Desired, specs: list[ServiceSpec]) -> Iterator[Problem]:
    """Absolute paths are left out: the engine may run in a machine of its own, as Docker Desktop's does."""
    root = desired.manifest.root
    for spec in specs:
        for mount in spec.volumes:
            path = mount.source or ""
            if mount.kind == "bind" and not path.startswith("/") and not (root / path).exists():
                yield Problem(
                    address=f"service.{spec.name}",
                    title=f"volumes: there is no {path} in the project",
                    hint="make it, or name what is there",
                )


def _not_composed(desired: Desired, connection: Connection, values: Mapping[str, str]) -> Iterator[Problem]:
    from shipyard.targets.compose.command import ComposeError, DockerMissing, compose
    from shipyard.targets.compose.model import compose_model, variable

    given = {variable("applied", name): value for name, value in values.items()}
    # Without Compose nothing is known; apply says what is missing.
    with (
        contextlib.suppress(DockerMissing),
        compose(connection, desired.deployment, compose_model(desired), given, os.environ) as bound,
    ):
        try:
            bound.check()
        except ComposeError as error:
            # Without the place of the file, which is another each time.
            said = re.sub(r"validating \S+: ", "", error.details[-1] if error.details else error.title)
            passing = [spec.name for spec in desired.services if spec.compose]
            named = re.search(r"services[.\[ ]\"?([\w-]+)", said)
            name = named[1] if named and named[1] in passing else passing[0]
            yield Problem(
                address=f"service.{name}",
                title=f"Compose does not accept what `compose = {{}}` passes through: {said}",
                hint="the Compose file reference tells what it may hold",
            )
