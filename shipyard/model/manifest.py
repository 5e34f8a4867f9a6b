"""The manifest of one stage, merged, resolved and typed: what the user declared, nothing guessed.

`None` always means "not declared". Durations are seconds, sizes bytes, paths POSIX and relative to
the folder of shipyard.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from shipyard.model.record import Record, field

Delivery = Literal["env", "file"]
Rollout = Literal["stop-first", "start-first"]
Mode = Literal["production", "develop"]


class SecretRef(Record):
    """`${secret:NAME}` inside a value."""

    name: str


Template = tuple[str | SecretRef, ...]
"""A text with secret references left open: its parts in order."""


class Secret(Record):
    """One secret of a service. `name` is what the process sees, `source` the name it is looked up by."""

    name: str
    source: str
    delivery: Delivery = "env"


class Health(Record):
    """A health check; exactly one of `path` (HTTP) and `command` (exec form) unless only timings are set.
    `disabled`: not even an image's own."""

    path: str | None = None
    command: tuple[str, ...] | None = None
    interval: float | None = None
    timeout: float | None = None
    retries: int | None = None
    start_period: float | None = None
    disabled: bool = False


class Mount(Record):
    """`source:target[:ro]`. For a bind the source is a path relative to the project or absolute;
    for a volume it is the volume's key; an anonymous volume has no source."""

    kind: Literal["volume", "bind"]
    source: str | None
    target: str
    read_only: bool = False


class Publish(Record):
    """A published port. `host_port` None: the engine picks one. `container_port` None: the service's port."""

    host_ip: str = "127.0.0.1"
    host_port: int | None
    container_port: int | None
    protocol: Literal["tcp", "udp"] = "tcp"


class Resources(Record):
    cpus: float | None = None
    memory: int | None = None


class DeclaredFrontEnd(Record):
    """A front end that is built with Node. `path` is the folder of its package.json, `output` what its build
    writes, relative to that; `disabled`: none is built."""

    path: str | None = None
    output: str | None = None
    disabled: bool = False


class Build(Record):
    """`extras` and `groups` of the project are installed beside its dependencies; `exclude_newer` is the
    date, or the time by RFC 3339, from which on releases do not count where no lock pins them.
    `find_packages`: Debian packages that Python packages are known to need are added to `packages` and
    `build_packages`; `optional_libraries` are names that the image may lack. `platforms` are what it is
    pushed for, such as linux/arm64, the engine's own when there are none. `secrets` are names of those that
    its downloads need."""

    manager: str | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude_newer: str | None = None
    base: str | None = None
    packages: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    find_packages: bool = True
    optional_libraries: tuple[str, ...] = ()
    static: bool | None = None
    frontend: DeclaredFrontEnd | None = None
    dockerfile: str | None = None
    platforms: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


PLAIN = Build()
"""Nothing is declared of how the image is made."""


class Service(Record):
    """One service. Built from source when `path` is set, else run from `image`.

    `like` names the service whose image this one shares; everything it takes from there is already here.
    `was` is the name that it had before.
    """

    name: str
    path: str | None = None
    image: str | None = None
    like: str | None = None
    context: str | None = None
    framework: str | None = None
    app: str | None = None
    python: str | None = None
    port: int | None = None
    publish: tuple[Publish, ...] | None = None
    health: Health | None = None
    env: Mapping[str, Template] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    needs: tuple[str, ...] = ()
    before_deploy: tuple[str, ...] | None = None
    volumes: tuple[Mount, ...] = ()
    resources: Resources = Resources()
    build: Build = Build()
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    stop_timeout: float | None = None
    replicas: int = 1
    restart: str | None = None
    user: str | None = None
    read_only: bool = False
    tmpfs: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    extra_hosts: tuple[str, ...] = ()
    rollout: Rollout = "stop-first"
    was: str | None = None
    compose: Mapping[str, object] = field(default_factory=dict)


class Network(Record):
    """A declared network. `name` overrides the name on the engine."""

    key: str
    name: str | None = None
    internal: bool = False
    driver: str | None = None
    subnet: str | None = None
    external: bool = False


class Volume(Record):
    """A declared volume. `name` overrides the name on the engine."""

    key: str
    name: str | None = None
    driver: str | None = None
    external: bool = False


class Manifest(Record):
    """One stage (and instance) of one project. `root` is the folder of shipyard.toml, absolute; `provider`
    the command that prints a secret's value; `locked` the digests of images by name, from shipyard.lock.
    `mode` "develop": built services run their framework's reloader. `ca_certificates` is a PEM file of
    authorities that images trust beside the public ones."""

    root: Path
    name: str
    stage: str
    instance: str | None = None
    registry: str | None = None
    engine: str | None = None
    protect: bool = False
    provider: tuple[str, ...] = ()
    mode: Mode | None = None
    ca_certificates: str | None = None
    services: tuple[Service, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    locked: Mapping[str, str] = field(default_factory=dict)

    @property
    def deployment(self) -> str:
        """The Compose project's name: `shop`, `shop-prod` or `shop-preview-pr-123`."""
        parts = [self.name, None if self.stage == "default" else self.stage, self.instance]
        return "-".join(part for part in parts if part)
