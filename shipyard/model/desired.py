"""The desired state of one deployment, free of any target's syntax."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.build import BuildPlan, Decision
from shipyard.model.manifest import Manifest, Mount, Publish, Rollout, Template
from shipyard.model.record import Record, field


class Check(Record):
    """A health check as the engine runs it: exec form, times in seconds."""

    command: tuple[str, ...]
    interval: float = 10
    timeout: float = 5
    retries: int = 3
    start_period: float = 30
    start_interval: float = 1


class SecretFile(Record):
    """A secret delivered as /run/secrets/<name>."""

    name: str
    source: str


class NetworkSpec(Record):
    """`name` is the name on the engine."""

    key: str
    name: str
    external: bool = False
    internal: bool = False
    driver: str | None = None
    subnet: str | None = None


class VolumeSpec(Record):
    """`name` is the name on the engine; `database` the image of the database that keeps its files there."""

    key: str
    name: str
    external: bool = False
    driver: str | None = None
    database: str | None = None


class SecretVolume(Record):
    """The volume that carries one service's secret files in one version; a new version is a new volume."""

    service: str
    name: str
    files: tuple[SecretFile, ...]
    uid: int
    gid: int


class ServiceSpec(Record):
    """One service as it should run.

    `image` is the reference containers are started from; `built` names the service whose build plan
    makes it, None for an image that is pulled. `env` holds secret references, never values.
    `secret_files` are mounted at /run/secrets from a `SecretVolume`. `secrets` are the keyed digests
    of every secret the service uses by source name, None where it is not known.
    """

    name: str
    image: str
    built: str | None
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, Template] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    secret_files: tuple[SecretFile, ...] = ()
    secret_volume: str | None = None
    port: int | None = None
    publish: tuple[Publish, ...] = ()
    check: Check | None = None
    check_origin: str = ""
    check_disabled: bool = False
    volumes: tuple[Mount, ...] = ()
    networks: tuple[str, ...] = ("default",)
    cpus: float | None = None
    memory: int | None = None
    restart: str = "unless-stopped"
    stop_timeout: float = 10
    user: str | None = None
    read_only: bool = False
    tmpfs: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    extra_hosts: tuple[str, ...] = ()
    compose: Mapping[str, object] = field(default_factory=dict)
    # What follows decides how to get there and never replaces a container by itself.
    replicas: int = 1
    needs: tuple[str, ...] = ()
    rollout: Rollout = "stop-first"
    like: str | None = None
    was: str | None = None

    @property
    def one_shot(self) -> bool:
        """Runs to its end and is not restarted: healthy means exit 0."""
        return self.restart == "no" and self.check is None


class JobSpec(Record):
    """A before_deploy command; `document` holds all that makes it run again when it changes: image,
    command, env, secret digests and mounts."""

    service: str
    command: tuple[str, ...]
    document: Mapping[str, object]


class Desired(Record):
    """The whole deployment: services in the order of their needs."""

    manifest: Manifest
    services: tuple[ServiceSpec, ...]
    images: tuple[BuildPlan, ...] = ()
    networks: tuple[NetworkSpec, ...] = ()
    volumes: tuple[VolumeSpec, ...] = ()
    secret_volumes: tuple[SecretVolume, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    decisions: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)

    @property
    def deployment(self) -> str:
        return self.manifest.deployment

    def service(self, name: str) -> ServiceSpec:
        return next(service for service in self.services if service.name == name)
