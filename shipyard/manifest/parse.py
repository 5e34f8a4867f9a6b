"""From a merged, resolved document to the types of model/manifest.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from shipyard.manifest import mounts, references, values
from shipyard.manifest.errors import Invalid, Problems
from shipyard.manifest.passthrough import MANIFEST_KEYS
from shipyard.manifest.table import Table
from shipyard.model.manifest import (
    Build,
    DeclaredFrontEnd,
    Health,
    Manifest,
    Mode,
    Network,
    Resources,
    Rollout,
    Secret,
    Service,
    Volume,
)
from shipyard.model.record import replace

_RESERVED_LABELS = ("com.docker.compose.", "shipyard.")


def parse(
    root: Path, document: Mapping[str, Any], stage: str, instance: str | None, problems: Problems
) -> Manifest:
    """The manifest of `document`; what is wrong is added to `problems` and left out."""
    top = Table(document, (), problems)
    services = [_service(name, table) for name, table in top.table("services").tables()]
    if instance is not None:
        services = [_without_fixed_ports(service) for service in services]
    return Manifest(
        root=root,
        name=str(document.get("name", "")),
        stage=stage,
        instance=instance,
        registry=top.one("registry", references.registry),
        engine=top.one("engine", values.line),
        protect=top.flag("protect"),
        provider=top.one("provider", values.provider) or (),
        mode=cast(Mode | None, top.values.get("mode")),
        ca_certificates=top.one("ca_certificates", values.line),
        services=tuple(services),
        networks=tuple(_network(key, table) for key, table in top.table("networks").tables()),
        volumes=tuple(_volume(key, table) for key, table in top.table("volumes").tables()),
    )


def _service(name: str, table: Table) -> Service:
    env = table.mapping("env", values.variable)
    secrets = _secrets(table)
    _check_names(table, set(env), secrets)
    return Service(
        name=name,
        path=table.one("path", values.line),
        image=table.one("image", references.image),
        like=table.one("like", values.line),
        context=table.one("context", values.line),
        framework=table.one("framework", values.word),
        app=table.one("app", values.word),
        python=table.one("python", values.python),
        port=table.one("port", _whole),
        publish=table.each("publish", mounts.publish) if "publish" in table.values else None,
        health=_health(table),
        env=env,
        secrets=secrets,
        needs=tuple(dict.fromkeys(table.each("needs", values.line))),
        before_deploy=table.one("before_deploy", values.command),
        volumes=table.each("volumes", mounts.mount),
        resources=_resources(table.table("resources")),
        build=_build(table.table("build")),
        command=table.one("command", values.command),
        entrypoint=table.one("entrypoint", values.entrypoint),
        stop_timeout=table.one("stop_timeout", values.duration),
        replicas=table.one("replicas", _whole) or 1,
        restart=table.one("restart", values.restart),
        user=table.one("user", values.user),
        read_only=table.flag("read_only"),
        tmpfs=table.each("tmpfs", mounts.tmpfs),
        networks=tuple(dict.fromkeys(table.each("networks", references.name))),
        labels=_labels(table),
        extra_hosts=table.each("extra_hosts", values.host),
        rollout=cast(Rollout, table.values.get("rollout") or "stop-first"),
        was=table.one("was", references.name),
        compose=_compose(table.table("compose")),
    )


def _whole(value: object) -> int:
    """A whole number: the schema has seen to it."""
    return cast(int, value)


def _health(service: Table) -> Health | None:
    value = service.values.get("health")
    if value is False:
        return Health(disabled=True)
    if value is None:
        return None
    table = service.table("health")
    if table.values.get("path") is not None and table.values.get("command") is not None:
        service.wrong("health", "path and command exclude one another", "keep one")
    return Health(
        path=table.one("path", values.url_path),
        command=table.one("command", values.command),
        interval=table.one("interval", values.interval),
        timeout=table.one("timeout", values.interval),
        retries=table.one("retries", _whole),
        start_period=table.one("start_period", values.duration),
    )


def _secrets(service: Table) -> tuple[Secret, ...]:
    if isinstance(service.values.get("secrets"), list):
        names = dict.fromkeys(service.each("secrets", references.secret))
        return tuple(Secret(name=name, source=name) for name in names)
    return tuple(
        Secret(
            name=name,
            source=table.one("from", references.secret) or name,
            delivery=table.values.get("as") or "env",
        )
        for name, table in service.table("secrets").tables()
    )


def _check_names(service: Table, env: set[str], secrets: tuple[Secret, ...]) -> None:
    """What a secret sets in the environment must not be set by something else too."""
    names = {secret.name if secret.delivery == "env" else f"{secret.name}_FILE": secret for secret in secrets}
    for name, secret in names.items():
        if name in env:
            hint = "keep one"
            if secret.delivery == "file":
                hint = f"the secret {secret.name} sets it to its file: remove it from env"
            service.problems.add(
                (*service.path, "env", name), f"{name} is in env and comes from secrets too", hint
            )


def _resources(table: Table) -> Resources:
    cpus = table.values.get("cpus")
    return Resources(cpus=None if cpus is None else float(cpus), memory=table.one("memory", values.memory))


def _build(table: Table) -> Build:
    return Build(
        manager=table.one("manager", values.word),
        extras=table.each("extras", values.extra),
        groups=table.each("groups", values.extra),
        exclude_newer=table.one("exclude_newer", values.moment),
        base=table.one("base", references.image),
        packages=table.each("packages", values.package),
        build_packages=table.each("build_packages", values.package),
        find_packages=table.values.get("find_packages", True),
        optional_libraries=table.each("optional_libraries", values.soname),
        static=table.values.get("static"),
        frontend=_front_end(table),
        dockerfile=table.one("dockerfile", values.line),
        platforms=table.each("platforms", values.line),
        secrets=tuple(dict.fromkeys(table.each("secrets", references.secret))),
    )


def _front_end(build: Table) -> DeclaredFrontEnd | None:
    value = build.values.get("frontend")
    if value is False:
        return DeclaredFrontEnd(disabled=True)
    if value is None:
        return None
    table = build.table("frontend")
    return DeclaredFrontEnd(path=table.one("path", values.line), output=table.one("output", values.line))


def _labels(service: Table) -> dict[str, str]:
    labels = service.mapping("labels", values.scalar)
    table = service.table("labels")
    for key in labels:
        if key.startswith(_RESERVED_LABELS):
            table.wrong(key, "labels of this name are Shipyard's and Compose's own", "choose another prefix")
        elif not key or "=" in key or not key.isprintable():
            table.wrong(key, f"{key!r} is no label's name", "no =, no line breaks")
    return labels


def _compose(table: Table) -> dict[str, object]:
    for key in table.values:
        if not key.isprintable():
            table.wrong(key, f"{key!r} is no key for Compose", "remove control characters")
        if key in MANIFEST_KEYS:
            title = f"{key} cannot be passed through: Shipyard decides it"
            table.wrong(key, title, f"outside of compose, {MANIFEST_KEYS[key]}")
    return {key: value for key in table.values if (value := table.one(key, _as_json)) is not None}


def _as_json(value: object) -> object:
    if isinstance(value, dict):
        for key, item in value.items():
            values.line(key)
            _as_json(item)
    elif isinstance(value, list):
        for item in value:
            _as_json(item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Invalid(f"{value} is no number for Compose", "write a finite number")
    elif value is not None and not isinstance(value, str | int | float):
        raise Invalid(f"{value}: Compose knows no dates and times", "write it as a text")
    return value


def _without_fixed_ports(service: Service) -> Service:
    if service.publish is None:
        return service
    return replace(service, publish=tuple(replace(port, host_port=None) for port in service.publish))


def _network(key: str, table: Table) -> Network:
    network = Network(
        key=key,
        name=table.one("name", references.engine_name),
        internal=table.flag("internal"),
        driver=table.one("driver", values.word),
        subnet=table.one("subnet", references.subnet),
        external=table.flag("external"),
    )
    _check_external(table, ("internal", "driver", "subnet"))
    return network


def _volume(key: str, table: Table) -> Volume:
    volume = Volume(
        key=key,
        name=table.one("name", references.engine_name),
        driver=table.one("driver", values.word),
        external=table.flag("external"),
    )
    _check_external(table, ("driver",))
    return volume


def _check_external(table: Table, settings: tuple[str, ...]) -> None:
    for key in settings:
        if table.flag("external") and table.values.get(key):
            table.wrong(key, f"{key} has no effect on what is external", "remove it, or remove external")
