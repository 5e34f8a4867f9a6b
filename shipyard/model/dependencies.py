"""What a project's lock or requirements say, whatever manager wrote them."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.build import DependencyInstall
from shipyard.model.record import Record, field


class Dependency(Record):
    """`name` normalised (PEP 503); `version` None when it is not pinned; `where` such as uv.lock:12.
    `wheels` are file names of those that the lock holds, () where it names none. `source`: it holds a source
    distribution; None where it names no files."""

    name: str
    version: str | None
    extras: tuple[str, ...] = ()
    where: str
    wheels: tuple[str, ...] = ()
    source: bool | None = None


class Dependencies(Record):
    """`requires_python` is a version specifier, with where it stands; `resolved_for` the one version that a
    lock says it was made for."""

    manager: str
    evidence: str
    packages: Mapping[str, Dependency]
    install: DependencyInstall
    requires_python: str | None = None
    requires_python_where: str = ""
    resolved_for: str | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)

    def get(self, name: str) -> Dependency | None:
        return self.packages.get(name)
